/** Sealing an exchange secret to a one-time ticket of exactly this vault. */
import {
  portalPaths,
  type SealedSecret,
  type SealTicket,
  sealAadText,
  sealedText,
  sealInfoText,
  ticketText,
} from '@holdfast/domain';
import { ask } from './api.ts';
import { base64, fromBase64, fromPem, sha256, utf8 } from './bytes.ts';
import { hpkeSeal } from './hpke.ts';
import { vault } from './session.ts';

/** @throws Error unless the vault with the shown fingerprint signed the ticket */
export async function demandOwnTicket(ticket: SealTicket): Promise<void> {
  const { vaultId, identity, fingerprint } = vault();
  const der = fromPem(identity);
  const shown = `SHA256:${base64(await sha256(der)).replace(/=+$/, '')}`;
  if (shown !== fingerprint)
    throw new Error(`The vault names the fingerprint ${fingerprint}, its key has ${shown}. Type no secret here.`);
  const key = await crypto.subtle.importKey('spki', der, 'Ed25519', false, ['verify']);
  const isSigned = await crypto.subtle.verify('Ed25519', key, fromBase64(ticket.signature), utf8(ticketText(vaultId, ticket)));
  if (!isSigned) throw new Error('The ticket was not signed by this vault. Type no secret here.');
}

/** Asks for a ticket and seals to it. `sealed` travels in the act `account-import`. */
export async function sealSecret(
  secret: Omit<SealedSecret, 'at'>,
): Promise<{ readonly ticket: string; readonly sealed: string }> {
  const ticket = await ask<SealTicket>(portalPaths.ticket);
  await demandOwnTicket(ticket);
  const plaintext = utf8(sealedText({ ...secret, at: Date.now() }));
  const sealed = await hpkeSeal(
    fromBase64(ticket.publicKey),
    utf8(sealInfoText(vault().vaultId, ticket.ticket)),
    utf8(sealAadText(secret.owner, secret.exchange)),
    plaintext,
  );
  plaintext.fill(0);
  return { ticket: ticket.ticket, sealed: base64(sealed) };
}
