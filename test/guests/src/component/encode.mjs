// Makes components: of text, of core modules, of commands, of scripts, and one of two.
//
//   node encode.mjs JOBS
//
// where JOBS is a JSON list of what job is in ../../build/components.go. That
// program copies it and the sources to where the packages are, and runs it there.
import fs from 'node:fs';
import { componentEmbed, componentNew, parse, print } from '@bytecodealliance/jco';

const encodings = { utf8: 'utf8', utf16: 'utf16', latin1: 'compact-utf16' };

const assemble = ({ text }) => parse(fs.readFileSync(text, 'utf8'));

async function encode({ core, wit, world, encoding }) {
  const embedded = await componentEmbed({
    binary: fs.readFileSync(core), witSource: fs.readFileSync(wit, 'utf8'), world, stringEncoding: encodings[encoding],
  });
  return componentNew(embedded, []);
}

// adapt makes a command of preview 1 one of WASI 0.2, with the adapter that jco carries.
async function adapt({ command }) {
  const adapter = fs.readFileSync('node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm');
  return componentNew(fs.readFileSync(command), [['wasi_snapshot_preview1', adapter]]);
}

// compose puts two components into one, each with its memory.
async function compose({ inner, outer, imports, exports }) {
  const nested = async (name, file) => (await print(fs.readFileSync(file))).replace('(component', `(component $${name}`);
  const alias = (of, name, id) => `(alias export $${of} "${name}" (instance $${id}))`;
  return parse(`(component
    ${await nested('Inner', inner)}
    ${await nested('Outer', outer)}
    (instance $inner (instantiate $Inner))
    ${imports.map((name, i) => alias('inner', name, 'import' + i)).join('\n')}
    (instance $outer (instantiate $Outer
      ${imports.map((name, i) => `(with "${name}" (instance $import${i}))`).join('\n')}))
    ${exports.map(({ of, name }, i) => `${alias(of, name, 'export' + i)} (export "${name}" (instance $export${i}))`).join('\n')}
  )`);
}

// engine puts a script into an engine: with WASI, or without any import.
async function engine({ script, engine, wit, world, wasi }) {
  if (engine === 'quickjs') {
    const { componentize } = await import('componentize-qjs');
    const made = await componentize({ witPath: wit, jsSource: fs.readFileSync(script, 'utf8'), world, sync: true, stubWasi: true });
    return made.component;
  }
  const { componentize } = await import('@bytecodealliance/componentize-js');
  const made = await componentize({
    sourcePath: script, witPath: wit, worldName: world,
    disableFeatures: wasi ? [] : ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
  });
  return made.component;
}

for (const job of JSON.parse(process.argv[2])) {
  const make = job.text ? assemble : job.inner ? compose : job.script ? engine : job.command ? adapt : encode;
  fs.writeFileSync(job.out, await make(job));
}
