/** What one backtest needs, from what is asked to what is printed; the package's whole entry loads sweeps, pages and imports too. */
export { runBacktest } from '../run/run.ts';
export { codeVersion } from './code-version.ts';
export { runJob } from './job.ts';
export { mustBeSpot } from './must-be-spot.ts';
export { storeDocument } from './store.ts';
export { terminalReport } from './terminal.ts';
