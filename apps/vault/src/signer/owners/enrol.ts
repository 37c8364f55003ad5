/**
 * First credentials. A code is said on the vault's console and nowhere else: fifteen minutes, one use, ten tries. A real
 * vault gives an owner no second credential this way; a simulated one does, since its owner key lies beside it anyhow.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Credential, enrolText, type OwnerId } from '@holdfast/domain';
import { type Registration, verifyRegistration } from '../crypto/webauthn.ts';
import { type Answer, Refused } from '../refused.ts';
import type { OwnersContext } from './context.ts';
import { demandCredential } from './credentials.ts';
import { sayings } from './notices.ts';
import { parseEnrol, parseEnrolCode } from './parse-act.ts';
import { liveCredentials } from './state.ts';

const codeMs = 900_000;
const triesMax = 10;
const codesMax = 20;
const ownersMax = 1000;
/** Without 0, 1, I and O. */
const letters = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

interface Code {
  readonly code: string;
  /** Null: for any new owner. */
  readonly owner: OwnerId | null;
  readonly expires: number;
  tries: number;
}

export interface Enrolment {
  /** Says a new code on the console. */
  say(owner: OwnerId | null): void;
  acceptCode(body: string, answer: Answer): void;
  /** `{owner, code, credential}` of a command line. @throws Refused, ParameterError */
  accept(body: string, answer: Answer): void;
  /** A passkey of the pages. @throws Refused */
  passkey(owner: OwnerId, code: string, label: string, registration: Registration, answer: Answer): void;
}

/** What a passkey answers to when it is made: SHA-256 over vault, owner and code. */
export const enrolChallenge = (vaultId: string, owner: OwnerId, code: string): Buffer =>
  createHash('sha256')
    .update(enrolText(vaultId, owner, code), 'utf8')
    .digest();

export function createEnrolment(it: OwnersContext): Enrolment {
  const { signer, notices } = it;
  const { state, clock, config, commit, log } = signer;
  let codes: Code[] = [];

  const say = (owner: OwnerId | null): void => {
    const code = [...randomBytes(12)].map((byte) => letters[byte & 31]).join('');
    const shown = `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8)}`;
    codes = [...codes.filter((one) => one.expires > clock.now()), { code, owner, expires: clock.now() + codeMs, tries: 0 }];
    codes = codes.slice(-codesMax);
    log(`enrolment code for ${owner ?? 'a new owner'}: ${shown} (15 minutes, once)`);
  };

  /** A wrong code counts against every code that could have been meant. @throws Refused */
  const take = (owner: OwnerId, given: string): Code => {
    codes = codes.filter((one) => one.expires > clock.now() && one.tries < triesMax);
    const meant = codes.filter((one) => one.owner === null || one.owner === owner);
    const found = meant.find((one) => isSame(one.code, given));
    if (found === undefined) {
      for (const one of meant) one.tries += 1;
      throw new Refused(
        'E_MANDATE_SIG',
        'this is not the code on the vault’s console, or it is older than 15 minutes; ask for a new one with "holdfast owner code"',
      );
    }
    const known = liveCredentials(state.owners, owner).length > 0;
    if (known && (found.owner === null || !config.simulated))
      throw new Refused('E_STATE', `owner ${owner} has a credential; sign the next one with it`);
    if (!state.owners.owners.has(owner) && state.owners.owners.size >= ownersMax)
      throw new Refused('E_STATE', `a vault has at most ${ownersMax} owners`);
    return found;
  };

  const enrol = (owner: OwnerId, used: Code, credential: Credential, answer: Answer): void => {
    demandCredential(state.owners, credential);
    codes = codes.filter((one) => one !== used);
    commit({ kind: 'enrolled', owner, credential, by: 'console' }, () => answer(200, { owner, credential: credential.id }));
    notices.notify(owner, sayings.credentialAdded(credential.label, credential.id));
  };

  return {
    say,
    acceptCode: (body, answer) => {
      const owner = parseEnrolCode(body);
      if (owner !== null && !config.simulated && liveCredentials(state.owners, owner).length > 0)
        throw new Refused('E_STATE', `owner ${owner} has a credential; sign the next one with it`);
      say(owner);
      answer(200, { said: true });
    },
    accept: (body, answer) => {
      const { owner, code, credential } = parseEnrol(body);
      if (credential.kind === 'webauthn') throw new Refused('E_PARAM', 'a passkey is enrolled on the vault’s page');
      const used = take(owner, plain(code));
      enrol(owner, used, credential, answer);
    },
    passkey: (owner, code, label, registration, answer) => {
      const used = take(owner, plain(code));
      const challenge = enrolChallenge(config.vaultId, owner, code);
      const result = verifyRegistration(it.party, challenge, registration);
      if (result.kind === 'refused') throw new Refused('E_MANDATE_SIG', result.reason);
      enrol(owner, used, { id: result.credentialId, kind: 'webauthn', publicKey: result.pem, label }, answer);
    },
  };
}

const plain = (code: string): string => code.toUpperCase().replace(/[^0-9A-Z]/g, '');

function isSame(wanted: string, given: string): boolean {
  const [a, b] = [wanted, given].map((text) => createHash('sha256').update(text, 'utf8').digest());
  return timingSafeEqual(a!, b!);
}
