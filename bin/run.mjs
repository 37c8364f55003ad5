// Runs a TypeScript file of this repository on the pinned Node: node bin/run.mjs FILE [ARGUMENTS]
import { resolve } from 'node:path';
import { runPinned } from './run-pinned.mjs';

const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node bin/run.mjs FILE [ARGUMENTS]\n');
  process.exit(64);
}
runPinned(resolve(file), rest);
