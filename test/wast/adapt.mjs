// Makes components of a folder of preview 1 programs, with the adapter that jco
// carries:
//
//	node adapt.mjs FOLDER OUT
//
// OUT gets the folders and files of FOLDER, each .wasm as a component.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { componentNew } from '@bytecodealliance/jco';

const [from, out] = process.argv.slice(2);
fs.cpSync(from, out, { recursive: true });
const main = createRequire(import.meta.url).resolve('@bytecodealliance/jco');
const adapter = fs.readFileSync(path.join(main.slice(0, main.lastIndexOf('jco') + 3), 'lib', 'wasi_snapshot_preview1.command.wasm'));
for (const name of fs.readdirSync(out, { recursive: true })) {
  if (!name.endsWith('.wasm')) continue;
  const file = path.join(out, name);
  fs.chmodSync(file, 0o644);
  fs.writeFileSync(file, await componentNew(fs.readFileSync(file), [['wasi_snapshot_preview1', adapter]]));
}
