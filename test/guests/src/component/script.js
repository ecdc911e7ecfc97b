// The world "scripting": what echo.c and work.c do, for a JavaScript engine.

// A result that a function gives is what it returns or throws.
const giveResult = (v) => {
  if (v.tag === 'err') throw v.val;
  return v.val;
};

const echo = (v) => v;

export const echoes = {
  echoBool: echo, echoS8: echo, echoU8: echo, echoS16: echo, echoU16: echo, echoS32: echo, echoU32: echo,
  echoS64: echo, echoU64: echo, echoF32: echo, echoF64: echo, echoChar: echo,
  echoColor: echo, echoWide: echo, echoPerms: echo, echoMany: echo, echoMost: echo,
  echoTupleOne: echo, echoResult: giveResult,
  echoString: echo, echoBytes: echo,
  echoListBool: echo, echoListS8: echo, echoListU16: echo, echoListS16: echo, echoListU32: echo, echoListS32: echo,
  echoListU64: echo, echoListS64: echo, echoListF32: echo, echoListF64: echo, echoListChar: echo,
  echoListColor: echo, echoListWide: echo, echoListPerms: echo, echoListMany: echo, echoListMost: echo,
  echoListString: echo, echoListList: echo, echoListPoint: echo, echoListMixed: echo, echoListPerson: echo,
  echoListShape: echo, echoListNumber: echo, echoListOption: echo, echoListOptionOption: echo,
  echoListResult: echo, echoListTuple: echo, echoListPair: echo, echoListHuge: echo,
  echoPoint: echo, echoMixed: echo, echoPerson: echo, echoShape: echo, echoNumber: echo,
  echoOptionU32: echo, echoOptionF64: echo, echoOptionString: echo, echoOptionOption: echo, echoOptionDeep: echo,
  echoOptionResult: echo,
  echoResultOk: giveResult, echoResultError: giveResult, echoResultI64: giveResult, echoResultFloats: giveResult,
  echoResultI32: giveResult, echoResultList: giveResult, echoResultOption: giveResult,
  echoPair: echo, echoTuple: echo, echoOptions: echo,
  echoStrings: (...all) => all, echoSixteen: (...all) => all, echoSeventeen: (...all) => all,
  echoHuge: echo,
  swallow() {},
  leftover: () => 0,
};

let calls = 0;

export const work = {
  sum: (values) => values.reduce((sum, v) => sum + BigInt(v), 0n),
  reverseBytes: (bytes) => new Uint8Array(bytes).reverse(),
  reverseStrings: (strings) => [...strings].reverse(),
  nextColor: (color) => ({ red: 'green', green: 'blue', blue: 'red' })[color],
  invert: (perms) => ({ read: !perms.read, write: !perms.write, execute: !perms.execute }),
  area({ tag, val }) {
    switch (tag) {
      case 'circle': return Math.PI * val * val;
      case 'rect': return val[0] * val[1];
      case 'named': throw val;
      case 'poly': {
        let twice = 0;
        val.forEach((p, i) => {
          const q = val[(i + 1) % val.length];
          twice += p.x * q.y - q.x * p.y;
        });
        return Math.abs(twice) / 2;
      }
    }
    return 0;
  },
  maybe(v) {
    if (v == null) return { tag: 'none' }; // undefined in one engine, null in another
    return { tag: 'some', val: v === 0 ? undefined : (v + 1) >>> 0 };
  },
  div(a, b) {
    if (b === 0) throw 'division by zero';
    return (a / b) | 0;
  },
  check(ok) {
    if (!ok) throw undefined;
  },
  birthday: (person) => ({ ...person, age: (person.age + 1) & 255 }),
  middle(points) {
    if (points.length === 0) return undefined;
    const mean = (of) => Math.trunc(points.reduce((sum, p) => sum + of(p), 0) / points.length);
    return { x: mean((p) => p.x), y: mean((p) => p.y) };
  },
  bytes: (n) => Uint8Array.from({ length: n }, (_, i) => i),
  numbers: (n) => Array.from({ length: n }, (_, i) => String(i)),
  calls: () => ++calls,
};

let lives = 0;

class Counter {
  constructor(start) { this.n = start; lives++; }
  [Symbol.dispose]() { lives--; }
  add(by) { return (this.n = (this.n + by) | 0); }
  value() { return this.n; }
  static parse(text) {
    if (!/^-?[0-9]+$/.test(text)) throw text;
    return new Counter(Number(BigInt.asIntN(32, BigInt(text))));
  }
  static merge(a, b) { return new Counter((a.n + b.n) | 0); }
}

class Label {
  constructor(text) { this.s = text; lives++; }
  [Symbol.dispose]() { lives--; }
  text() { return this.s; }
}

const total = (cs) => cs.reduce((sum, c) => sum + BigInt(c.n), 0n);

export const counters = {
  Counter, Label,
  peek: (c) => c.n,
  end: (c) => c.n,
  make: (n) => Array.from({ length: n }, (_, i) => new Counter(i)),
  total, endAll: total,
  swap: ([a, b]) => [b, a],
  maybe: (c) => c,
  tag(c, l) {
    if (c.n & 1) throw l;
    return c;
  },
  live: () => lives,
};

export const compute = (a, b) => Math.imul(a, b);
export const greet = (name) => `hello, ${name}!`;
