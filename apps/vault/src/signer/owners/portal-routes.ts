/**
 * What the owner's pages ask. They come over the portal's own stream, which programs cannot reach; nothing of the portal is
 * believed but that it passed the text on.
 */
import type { GateToSigner } from '../../frames/frames.ts';
import type { SignerContext } from '../context.ts';
import { type Answer, Refused } from '../refused.ts';

type PortalRequest = Extract<GateToSigner, { kind: 'request' }>;

/** Answers one request of the pages. @throws Refused */
export function routePortal(context: SignerContext, request: PortalRequest, answer: Answer): void {
  const { config } = context;
  if (request.path !== '/v1/portal/state') throw new Refused('E_PATH', `${request.path.slice(0, 60)} is not of the portal`);
  answer(200, { vaultId: config.vaultId, simulated: config.simulated, origin: config.portalOrigin });
}
