/**
 * Benchmarks: `npm run bench [-- --json] [-- NAME ...]`. Each file in bench/ exports `run()`, which answers rows with medians of
 * several rounds. Figures are of this machine and this moment; compare them within one run.
 */
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Row } from '../bench/rows/row.ts';

const folder = resolve(import.meta.dirname, '../bench');

const figure = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : value >= 10 ? value.toFixed(1) : value.toPrecision(3);

function line({ name, median, p99, unit, aim, reached }: Row): string {
  const spread = p99 === null ? '' : `p99 ${figure(p99)} ${unit}`;
  const verdict = reached === null ? '' : reached ? 'reached' : 'NOT reached';
  return `${name.padEnd(52)} ${figure(median).padStart(12)} ${unit.padEnd(12)} ${spread.padEnd(20)} ${aim === null ? '' : `aim ${aim}`.padEnd(26)} ${verdict}`.trimEnd();
}

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
const files = globSync('*.ts', { cwd: folder, exclude: ['*.test.ts'] })
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();
const wanted = positionals.length === 0 ? files : positionals;
const unknown = wanted.filter((name) => !files.includes(name));
if (unknown.length > 0 || files.length === 0) {
  process.stderr.write(`bench: no benchmark named ${unknown.join(', ')}; there are ${files.join(', ')}\n`);
  process.exit(64);
}
const rows: Row[] = [];
for (const name of wanted) {
  const { run } = (await import(pathToFileURL(resolve(folder, `${name}.ts`)).href)) as { run: () => Promise<Row[]> };
  for (const row of await run()) {
    rows.push(row);
    if (!values.json) process.stdout.write(`${line(row)}\n`);
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
process.exit(0);
