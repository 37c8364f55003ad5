/** Started by the warden with the signer's stream as descriptor 4 and an IPC channel on which the listening port comes. */
import { type AddressInfo, Server } from 'node:net';
import { endWithSigner, endWithWarden, openSigner } from '../frames/channel.ts';
import {
  answerBytesMax,
  decodeSignerToGate,
  envelopeBytesMax,
  type GateToSigner,
  requestBytesMax,
  type SignerToGate,
} from '../frames/frames.ts';
import { createGate, type Gate } from './gate.ts';

endWithWarden();

let gate: Gate | undefined;
let port = 0;
const signer = openSigner<SignerToGate, GateToSigner>({
  decode: decodeSignerToGate,
  readBytesMax: answerBytesMax + envelopeBytesMax,
  sendBytesMax: 2 * requestBytesMax + envelopeBytesMax,
  onMessage: (message) => gate?.receive(message),
  onEnd: endWithSigner('gate'),
});
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
