/** Started by the warden with the signer's stream as descriptor 4 and an IPC channel on which the listening port comes. */
import { type AddressInfo, Server } from 'node:net';
import { openSigner } from './channel.ts';
import { createGate, type Gate } from './gate.ts';

const stop = (): never => process.exit(0);
process.stdin.on('end', stop).on('error', stop).resume();
process.on('SIGTERM', stop);
// Ctrl-C reaches the whole group of a terminal; the warden says when to stop.
process.on('SIGINT', () => {});
process.on('disconnect', stop);

let gate: Gate | undefined;
let port = 0;
const signer = openSigner(
  (message) => gate?.receive(message),
  (reason) => {
    process.stderr.write(`gate: ${reason}; it stops and is started again with the signer\n`);
    process.exit(1);
  },
);
gate = createGate(signer, () => port);
const { server } = gate;

process.on('message', (message, handle) => {
  if (message !== 'listen' || !(handle instanceof Server)) return;
  port = (handle.address() as AddressInfo).port;
  server.listen(handle, () => process.send?.({ serving: port }));
});
server.on('error', (error) => {
  process.stderr.write(`gate: ${error.message}\n`);
  process.exit(1);
});
