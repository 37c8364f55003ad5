import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { exitNoRuntime, explainMissing, findNode } from './pinned-node.mjs';

/** Runs a file on the pinned Node, with our signals passed on and its exit code as ours. */
export function runPinned(file, args) {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(`${explainMissing()}\n`);
    process.exit(exitNoRuntime);
  }
  const { NODE_OPTIONS: _widensGrants, ...env } = process.env;
  const child = spawn(node, ['--disable-sigusr1', '--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: 'inherit',
    env,
  });
  // Ctrl-C in a terminal reaches the child as well, so it may get the signal twice: it stops once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`holdfast: cannot start ${node}: ${error.message}\n`);
    process.exit(exitNoRuntime);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
