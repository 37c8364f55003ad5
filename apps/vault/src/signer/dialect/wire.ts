/** Joins the dialect door with the signer around it. */
import type { SignerToGate } from '../../frames/frames.ts';
import { needAccount, type SignerContext } from '../context.ts';
import { bindingFault } from '../orders/binding.ts';
import type { Intents } from '../orders/intents.ts';
import type { GrantState } from '../state.ts';
import { createDialectDoor, type DialectDoor } from './door.ts';
import { createKeyFinder } from './keys.ts';
import type { OwnOrders } from './own-orders.ts';
import type { Denial } from './ports.ts';

export function openDialect(
  context: SignerContext,
  intents: Pick<Intents, 'place' | 'cancel'>,
  own: OwnOrders,
  send: (frame: SignerToGate) => void,
  denied: (denial: Denial) => void,
): DialectDoor {
  const { state, clock, secrets, config, upstream, referenceOf, log } = context;
  const ports = {
    clock,
    isSimulated: config.simulated,
    exchangeNow: () => state.time,
    findKey: createKeyFinder(state, secrets),
    accountOf: (grant: GrantState) => needAccount(state, grant.account),
    referenceOf,
    place: intents.place,
    cancel: intents.cancel,
    ask: upstream.ask,
    bindingFault: (grant: GrantState) => bindingFault(context, grant, 'dialect'),
    denied,
    send,
    log,
  };
  return createDialectDoor(ports, own);
}
