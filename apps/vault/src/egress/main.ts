/** Started by the warden with the signer's stream as descriptor 4 and the exchange's origin as its only argument. */

import type { SignerToEgress } from '../frames/frames.ts';
import { openSigner } from './channel.ts';
import { createEgress } from './egress.ts';
import { simulatedPlaces } from './places.ts';

const stop = (): never => process.exit(0);
process.stdin.on('end', stop).on('error', stop).resume();
process.on('SIGTERM', stop);
// Ctrl-C reaches the whole group of a terminal; the warden says when to stop.
process.on('SIGINT', () => {});

let receive: ((message: SignerToEgress) => void) | undefined;
const send = openSigner(
  (message) => receive?.(message),
  (reason) => {
    process.stderr.write(`egress: ${reason}; it stops and is started again with the signer\n`);
    process.exit(1);
  },
);
receive = createEgress(simulatedPlaces(process.argv[2] ?? ''), send);
