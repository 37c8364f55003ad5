/**
 * Finished runs of a data directory: DATA/backtests/ID.json, one document each, written beside its place and renamed, so that a
 * file is whole or not there. A second file beside it, ID.row.json, is what lists need of it, so that listing reads little.
 */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AskError } from './ask-error.ts';
import { type BacktestDocument, documentFormat, documentVersion } from './document.ts';

const { O_CREAT, O_DSYNC, O_TRUNC, O_WRONLY } = constants;

export const idForm = /^[a-z0-9-]{1,80}$/;

/** What a list shows of a run. */
export interface StoredRow {
  readonly id: string;
  readonly madeAt: number;
  readonly kind: string;
  readonly pairs: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly candles: number;
  readonly quote: string;
  readonly startEquity: string;
  readonly profit: string;
  readonly totalReturn: number | null;
  readonly buyAndHold: number;
  readonly drawdown: number;
  readonly sharpe: number | null;
  readonly deals: number;
  readonly winRate: number | null;
  readonly warnings: number;
  readonly settings: unknown;
  readonly hash: string;
}

const folderOf = (data: string): string => join(data, 'backtests');

export function rowOf(id: string, document: BacktestDocument): StoredRow {
  const { metrics } = document;
  return {
    id,
    madeAt: document.madeAt,
    kind: document.kind,
    pairs: document.pairs,
    from: document.from,
    to: document.to,
    candles: document.candles,
    quote: metrics.quote,
    startEquity: metrics.startEquity,
    profit: metrics.profit,
    totalReturn: metrics.totalReturn,
    buyAndHold: metrics.buyAndHold,
    drawdown: metrics.drawdown,
    sharpe: metrics.sharpe,
    deals: metrics.deals.count,
    winRate: metrics.deals.winRate,
    warnings: document.warnings.length,
    settings: document.settings,
    hash: document.hash,
  };
}

/** "20250520-130501-dca-btc-usdt-1a2b3c": time made, what it is, and the beginning of its hash. */
export function idOf({ madeAt, kind, pairs, hash }: BacktestDocument): string {
  const time = new Date(madeAt).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const what = `${kind}-${pairs[0]!.replace('/', '-')}`.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
  return `${time}-${what.slice(0, 40)}-${hash.slice(0, 6)}`;
}

/** Writes a file whole or not at all. */
export function replace(path: string, text: string): void {
  const beside = `${path}.${process.pid}.new`;
  try {
    // Written through as it is written: a confined process may not ask for it afterwards.
    const descriptor = openSync(beside, O_WRONLY | O_CREAT | O_TRUNC | O_DSYNC, 0o640);
    try {
      writeFileSync(descriptor, text);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** @returns its id; of two made in one second with the same result, the later one stays. */
export function storeDocument(data: string, document: BacktestDocument): StoredRow {
  const row = rowOf(idOf(document), document);
  mkdirSync(folderOf(data), { recursive: true, mode: 0o750 });
  replace(join(folderOf(data), `${row.id}.json`), JSON.stringify(document));
  replace(join(folderOf(data), `${row.id}.row.json`), JSON.stringify(row));
  return row;
}

/** Newest first. A row whose document is gone, or that cannot be read, is left out. */
export function listStored(data: string): readonly StoredRow[] {
  if (!existsSync(folderOf(data))) return [];
  const names = readdirSync(folderOf(data));
  const documents = new Set(names);
  return names
    .filter((name) => name.endsWith('.row.json') && documents.has(name.replace('.row.json', '.json')))
    .sort()
    .reverse()
    .flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(folderOf(data), name), 'utf8')) as StoredRow];
      } catch {
        return [];
      }
    });
}

/** The run that an id, its beginning, or "last" means. @throws AskError `backtest-unknown` */
export function resolveId(data: string, id: string): string {
  const known = listStored(data);
  if (id === 'last' && known[0] !== undefined) return known[0].id;
  const found = known.filter((row) => row.id === id || row.id.startsWith(id));
  const exact = found.find((row) => row.id === id) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined) return exact.id;
  const why = found.length > 1 ? `means ${found.length} runs` : 'is not the id of a stored run';
  throw new AskError('backtest-unknown', `"${id.slice(0, 80)}" ${why}; "holdfast backtest list" shows them`, 'id');
}

/** @throws AskError `backtest-unknown`, `backtest-damaged`, `backtest-newer` */
export function readStored(data: string, id: string): BacktestDocument {
  if (!idForm.test(id)) throw new AskError('backtest-unknown', `"${id.slice(0, 80)}" is not the id of a stored run`, 'id');
  const path = join(folderOf(data), `${id}.json`);
  if (!existsSync(path)) throw new AskError('backtest-unknown', `there is no stored run ${id}`, 'id');
  return parseDocument(readFileSync(path, 'utf8'), path);
}

function parseDocument(text: string, path: string): BacktestDocument {
  let document: BacktestDocument;
  try {
    document = JSON.parse(text) as BacktestDocument;
  } catch (cause) {
    throw new AskError('backtest-damaged', `${path} is no report of a backtest, or it is damaged`, undefined, { cause });
  }
  if (document?.format !== documentFormat) throw new AskError('backtest-damaged', `${path} is no report of a backtest`);
  if (document.version > documentVersion) throw new AskError('backtest-newer', `${path} was written by a newer version`);
  return document;
}

/** Forgets a run. */
export function removeStored(data: string, id: string): void {
  if (!idForm.test(id)) return;
  for (const ending of ['.row.json', '.json']) rmSync(join(folderOf(data), `${id}${ending}`), { force: true });
}
