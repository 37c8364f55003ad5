/** How a program of the server hears that whoever started it is gone. */
import { fstatSync } from 'node:fs';

/** A parent that gave us a pipe as stdin wants us gone when it is; a service manager gives none. */
function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false; // closed
  }
}

/** Calls `end` when the parent's pipe ends; never without one. */
export function endWithParent(end: () => void): void {
  if (isPipe(0)) process.stdin.on('end', end).on('error', end).resume();
}
