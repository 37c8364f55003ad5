/** Started by the warden with the signer's stream as descriptor 4 and one argument: the exchange's origin on the
 * loopback (simulated vault) or its name (real vault). */
import { endWithSigner, endWithWarden, openSigner } from '../frames/channel.ts';
import {
  answerBytesMax,
  decodeSignerToEgress,
  type EgressToSigner,
  envelopeBytesMax,
  requestBytesMax,
  type SignerToEgress,
} from '../frames/frames.ts';
import { createEgress } from './egress.ts';
import { realPlaces, simulatedPlaces } from './places.ts';

endWithWarden();

let receive: ((message: SignerToEgress) => void) | undefined;
const signer = openSigner<SignerToEgress, EgressToSigner>({
  decode: decodeSignerToEgress,
  readBytesMax: requestBytesMax + envelopeBytesMax,
  sendBytesMax: answerBytesMax,
  onMessage: (message) => receive?.(message),
  onEnd: endWithSigner('egress'),
});
const exchange = process.argv[2] ?? '';
receive = createEgress(exchange.includes(':') ? simulatedPlaces(exchange) : realPlaces(exchange), signer.send);
