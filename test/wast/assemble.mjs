// Assembles components and core modules in the text format:
//
//	node assemble.mjs FILE.wat…
//
// writes FILE.wasm beside each.
import fs from 'node:fs';
import { parse } from '@bytecodealliance/jco';

for (const file of process.argv.slice(2)) {
  try {
    fs.writeFileSync(file.replace(/\.wat$/, '.wasm'), await parse(fs.readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file}: ${error.payload ?? error.message}`, { cause: error });
  }
}
