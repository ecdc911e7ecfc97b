// Turns WebAssembly test scripts into binaries and lists of commands, in the
// shape of `wasm-tools json-from-wast`:
//
//   node convert.mjs OUT DIR
//
// For each DIR/a/b.wast it writes OUT/a/b/b.json and, beside it, a file for
// each component and module: .wasm, or .wat where the text does not parse, which
// an assertion may well want. Text becomes binary through jco's `parse`.
import fs from 'node:fs';
import path from 'node:path';
import { parse } from '@bytecodealliance/jco';

// An S-expression: a list, a string literal or an atom, from start to end.
// Comments and space are between them.
function* read(src, at, end) {
  while ((at = skipSpace(src, at)) < end) {
    const start = at;
    let kind = 'atom';
    if (src[at] === '(') {
      kind = 'list';
      at = endOfList(src, at);
    } else if (src[at] === '"') {
      kind = 'string';
      at = endOfString(src, at);
    } else {
      while (at < end && !/[\s()";]/.test(src[at])) at++;
      if (at === start) throw new Error(`unexpected ${src[at]}`);
    }
    yield { kind, start, end: at };
  }
}

function skipSpace(src, at) {
  for (;;) {
    if (/\s/.test(src[at] ?? '')) at++;
    else if (src.startsWith(';;', at)) at = (src.indexOf('\n', at) + 1) || src.length;
    else if (src.startsWith('(;', at)) at = endOfComment(src, at);
    else return at;
  }
}

function endOfComment(src, at) {
  for (let depth = 0; at < src.length; ) {
    if (src.startsWith('(;', at)) depth++, (at += 2);
    else if (src.startsWith(';)', at)) {
      depth--, (at += 2);
      if (depth === 0) return at;
    } else at++;
  }
  throw new Error('a comment does not end');
}

function endOfString(src, at) {
  for (at++; src[at] !== '"'; at++) {
    if (at >= src.length) throw new Error('a string does not end');
    if (src[at] === '\\') at++;
  }
  return at + 1;
}

function endOfList(src, at) {
  for (let depth = 0; at < src.length; ) {
    at = skipSpace(src, at);
    if (src[at] === '"') {
      at = endOfString(src, at);
      continue;
    }
    if (src[at] === '(') depth++;
    if (src[at] === ')') depth--;
    at++;
    if (depth === 0) return at;
  }
  throw new Error('a list does not end');
}

// The bytes that a string literal stands for.
function bytesOf(literal) {
  const escapes = { n: 10, t: 9, r: 13, '"': 34, "'": 39, '\\': 92 };
  const parts = [];
  const body = literal.slice(1, -1);
  for (const m of body.matchAll(/\\u\{([0-9a-fA-F_]+)\}|\\([ntr"'\\])|\\([0-9a-fA-F]{2})|[^\\]+/g)) {
    if (m[1]) parts.push(Buffer.from(String.fromCodePoint(parseInt(m[1].replace(/_/g, ''), 16))));
    else if (m[2]) parts.push(Buffer.from([escapes[m[2]]]));
    else if (m[3]) parts.push(Buffer.from([parseInt(m[3], 16)]));
    else parts.push(Buffer.from(m[0]));
  }
  return Buffer.concat(parts);
}

class Script {
  constructor(file, out) {
    this.src = fs.readFileSync(file, 'utf8');
    this.out = out;
    this.base = path.basename(file, '.wast');
    this.files = 0;
  }

  text(form) { return this.src.slice(form.start, form.end); }
  string(form) { return bytesOf(this.text(form)).toString(); }
  list(form) { return [...read(this.src, form.start + 1, form.end - 1)]; }
  line(form) { return this.src.slice(0, form.start).split('\n').length; }
  isName(form) { return form?.kind === 'atom' && this.text(form).startsWith('$'); }

  async commands() {
    const all = [];
    for (const form of read(this.src, 0, this.src.length)) all.push({ line: this.line(form), ...(await this.command(form)) });
    return all;
  }

  async command(form) {
    const parts = this.list(form);
    const head = this.text(parts[0]);
    switch (head) {
      case 'module':
      case 'component':
        if (parts[1] && this.text(parts[1]) === 'instance') {
          return { type: 'module_instance', instance: this.text(parts[2]), ...(parts[3] && { module: this.text(parts[3]) }) };
        }
        return this.definition(form);
      case 'assert_invalid':
      case 'assert_malformed':
      case 'assert_unlinkable':
      case 'assert_uninstantiable':
        return { ...(await this.definition(parts[1])), type: head, text: this.string(parts[2]) };
      case 'assert_trap':
        if (['module', 'component'].includes(this.text(this.list(parts[1])[0]))) {
          return { ...(await this.definition(parts[1])), type: 'assert_uninstantiable', text: this.string(parts[2]) };
        }
        return { type: head, action: this.action(parts[1]), text: this.string(parts[2]) };
      case 'assert_return':
        return { type: head, action: this.action(parts[1]), expected: parts.slice(2).map((p) => this.value(p)) };
      case 'invoke':
        return { type: 'action', action: this.action(form) };
      case 'register':
        return { type: head, as: this.string(parts[1]), ...(parts[2] && { name: this.text(parts[2]) }) };
    }
    return { type: head };
  }

  // A component or module: it writes the file and gives the command that defines,
  // and unless it says "definition" instantiates it.
  async definition(form) {
    const parts = this.list(form);
    const kind = this.text(parts[0]);
    const command = { type: 'module', component: kind === 'component' };
    let i = 1;
    if (parts[i] && this.text(parts[i]) === 'definition') {
      command.type = 'module_definition';
      i++;
    }
    if (this.isName(parts[i])) command.name = this.text(parts[i++]);
    const name = `${this.base}.${this.files++}`;
    let bytes;
    let text;
    if (parts[i] && this.text(parts[i]) === 'binary') {
      bytes = Buffer.concat(parts.slice(i + 1).map((p) => bytesOf(this.text(p))));
    } else if (parts[i] && this.text(parts[i]) === 'quote') {
      text = parts.slice(i + 1).map((p) => this.string(p)).join(' ');
      if (!/^\s*\(\s*(component|module)\b/.test(text)) text = `(${kind} ${text})`;
    } else {
      // From behind "definition" on, the name too.
      text = `(${kind} ${command.name ?? ''} ${this.src.slice(parts[i - 1].end, form.end)}`;
    }
    try {
      bytes ??= Buffer.from(await parse(text));
      command.filename = name + '.wasm';
      command.module_type = 'binary';
      fs.writeFileSync(path.join(this.out, command.filename), bytes);
    } catch (error) {
      command.filename = name + '.wat';
      command.module_type = 'text';
      command.error = String(error.payload ?? error.message ?? error).replace(/\s+/g, ' ').slice(0, 300);
      fs.writeFileSync(path.join(this.out, command.filename), text);
    }
    return command;
  }

  action(form) {
    const parts = this.list(form);
    const action = { type: this.text(parts[0]) };
    let i = 1;
    if (this.isName(parts[i])) action.module = this.text(parts[i++]);
    action.field = this.string(parts[i++]);
    action.args = parts.slice(i).map((p) => this.value(p));
    return action;
  }

  value(form) { return this.valueOf(this.list(form)); }

  // A value, of the words within its parentheses.
  valueOf([head, ...rest]) {
    const type = this.text(head).split('.')[0];
    switch (this.text(head)) {
      case 'bool.const':
        return { type, value: this.text(rest[0]) === 'true' };
      case 'str.const':
        return { type: 'string', value: this.string(rest[0]) };
      case 'char.const':
      case 'enum.const':
        return { type, value: this.string(rest[0]) };
      case 'list.const':
      case 'tuple.const':
        return { type, value: rest.map((r) => this.value(r)) };
      case 'flags.const':
        return { type, value: rest.map((r) => this.string(r)) };
      case 'record.const':
        return {
          type,
          value: rest.map((r) => {
            const [, name, ...value] = this.list(r); // (field "name" ...)
            return [this.string(name), value[0].kind === 'list' ? this.value(value[0]) : this.valueOf(value)];
          }),
        };
      case 'map.const':
        return { type, value: rest.map((r) => this.list(r).filter((x) => x.kind === 'list').map((x) => this.value(x))) };
      case 'variant.const':
        return { type, case: this.string(rest[0]), value: rest[1] ? this.value(rest[1]) : null };
      case 'option.none':
        return { type, value: null };
      case 'option.some':
        return { type, value: this.value(rest[0]) };
      case 'result.ok':
      case 'result.err':
        return { type, case: this.text(head).slice('result.'.length), value: rest[0] ? this.value(rest[0]) : null };
    }
    if (/^[suif](8|16|32|64)\.const$/.test(this.text(head))) return { type, value: this.text(rest[0]).replace(/_/g, '') };
    throw new Error(`unknown value ${this.text(head)}`);
  }
}

const [out, dir] = process.argv.slice(2);
const files = fs.readdirSync(dir, { recursive: true }).filter((f) => f.endsWith('.wast')).sort();
for (const file of files) {
  const to = path.join(out, file.slice(0, -'.wast'.length));
  fs.mkdirSync(to, { recursive: true });
  const script = new Script(path.join(dir, file), to);
  try {
    const commands = await script.commands();
    fs.writeFileSync(path.join(to, script.base + '.json'), JSON.stringify({ source_filename: file, commands }, null, 1));
  } catch (error) {
    throw new Error(`${file}: ${error.message}`, { cause: error });
  }
}
