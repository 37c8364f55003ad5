/**
 * What the owner's pages ask. They come over the portal's own stream, which programs cannot reach; nothing of the portal is
 * believed but that it passed the text on. A session reads what is its owner's and may stop it; acts need a proof each.
 */
import type { AccountId, OwnerId, VaultStatus } from '@holdfast/domain';
import { count, fields, text } from '../../frames/decode.ts';
import type { GateToSigner } from '../../frames/frames.ts';
import { restrictAccounts } from '../orders/freeze.ts';
import { accountId, parseJson, reading, reasonText } from '../parse.ts';
import { type Answer, Refused } from '../refused.ts';
import type { Acts } from './acts.ts';
import type { AuditTrail } from './audit-trail.ts';
import { needOwned, type OwnersContext } from './context.ts';
import type { Enrolment } from './enrol.ts';
import { sayings } from './notices.ts';
import { credentialId, parseLabel } from './parse-act.ts';
import { parseMandateBody, readOwnerId } from './parse-mandate.ts';
import { assertion, needCredential } from './prove.ts';
import { createSessions, type Session } from './sessions.ts';
import { accountsOf } from './state.ts';
import { mandateChange, ownerView } from './view.ts';

export type PortalRequest = Extract<GateToSigner, { kind: 'request' }>;

export interface PortalParts {
  readonly acts: Acts;
  readonly enrolment: Enrolment;
  readonly status: () => VaultStatus;
  readonly trail: AuditTrail;
  readonly kill: (by: string, body: string, answer: Answer) => void;
}

type Route = (body: string, answer: Answer) => void;
type OwnerRoute = (owner: OwnerId, body: string, answer: Answer) => void;

const auditMax = 500;
const partMax = 8 * 1024;

/** @throws Refused, ParameterError when called */
export function createPortalRoutes(it: OwnersContext, parts: PortalParts): (request: PortalRequest, answer: Answer) => void {
  const { signer } = it;
  const { state, config, clock } = signer;
  const sessions = createSessions(clock);
  const isLive = (credential: string): boolean => state.owners.credentials.get(credential)?.retired === false;

  const login: Route = (body, answer) => {
    const given = parseLogin(body);
    if (!sessions.isOpen(given.challenge))
      throw new Refused('E_SIG', 'this login is older than two minutes or was used; try again');
    const credential = needCredential(state.owners, given.credential);
    if (credential.credential.kind !== 'webauthn') throw new Refused('E_SIG', 'the pages are entered with a passkey');
    const proved = assertion(it.party, Buffer.from(given.challenge, 'base64url'), credential, given);
    sessions.useUp(given.challenge);
    const { label, id } = credential.credential;
    if (proved.regressed) it.notices.notify(credential.owner, sayings.counterFell(label, id, clock.now()));
    if (proved.signCount !== undefined) credential.signCount = Math.max(credential.signCount, proved.signCount);
    const { token, until } = sessions.open(credential.owner, given.credential);
    answer(200, { session: token, owner: credential.owner, until });
  };

  const enrol: Route = (body, answer) => {
    const { owner, code, label, registration } = parseEnrolPasskey(body);
    parts.enrolment.passkey(owner, code, label, registration, answer);
  };

  const freeze: OwnerRoute = (owner, body, answer) => {
    const { account, reason } = parseStop(body);
    const accounts = account === null ? accountsOf(state.owners, owner).map((one) => one.account) : [account];
    for (const one of accounts) needOwned(signer, owner, one);
    stopAll(owner, accounts, 'frozen', reason, () => answer(200, { frozen: account ?? 'all' }));
  };

  /** The whole vault when nobody else has accounts in it; else everything of this owner. */
  const kill: OwnerRoute = (owner, body, answer) => {
    const { reason } = reading(() => ({ reason: reasonText(fields(parseJson(body), ['reason'], 'body').reason) }));
    const others = [...state.owners.accounts.values()].some((one) => one.owner !== owner);
    if (!others) {
      parts.kill(`session of ${owner}`, body, answer);
      return;
    }
    const accounts = accountsOf(state.owners, owner).map((one) => one.account);
    stopAll(owner, accounts, 'revoked', reason, () =>
      answer(200, { killed: true, accounts: accounts.map((account) => ({ account })) }),
    );
  };

  const stopAll = (
    owner: OwnerId,
    accounts: readonly AccountId[],
    condition: 'frozen' | 'revoked',
    reason: string,
    after: () => void,
  ): void => {
    // What waits for the owner himself (credentials) is of no account and falls with a stop of everything.
    const isAll = accounts.length === accountsOf(state.owners, owner).length;
    for (const change of [...state.owners.pending.values()])
      if (isAll && change.owner === owner && change.account === null)
        signer.commit({ kind: 'vetoed', pending: change.id, by: `session of ${owner}`, reason });
    for (const account of accounts) {
      const to = { account, subKey: null, pair: null, condition, reason, by: `session of ${owner}`, automatic: false };
      restrictAccounts(signer, to, () => undefined);
    }
    signer.whenDurable(after);
  };

  const audit: OwnerRoute = (owner, body, answer) => {
    const { before, limit } = parseAudit(body);
    answer(200, { records: parts.trail.read(owner, before, Math.min(limit, auditMax)) });
  };

  const open: ReadonlyMap<string, Route> = new Map<string, Route>([
    ['/v1/portal/state', (_body, answer) => answer(200, vaultFacts(it))],
    ['/v1/portal/enrol', enrol],
    ['/v1/portal/challenge', (_body, answer) => answer(200, { challenge: sessions.challenge() })],
    ['/v1/portal/login', login],
    // Proved by itself: it needs no session.
    ['/v1/portal/act', (body, answer) => parts.acts.accept(body, answer)],
  ]);
  const owned: ReadonlyMap<string, OwnerRoute> = new Map<string, OwnerRoute>([
    ['/v1/portal/view', (owner, _body, answer) => answer(200, ownerView(it, owner, parts.status()))],
    ['/v1/portal/words', (owner, body, answer) => answer(200, wordsOf(owner, body))],
    ['/v1/portal/ticket', (_owner, _body, answer) => answer(200, it.tickets.issue())],
    ['/v1/portal/freeze', freeze],
    ['/v1/portal/kill', kill],
    ['/v1/portal/audit', audit],
  ]);

  const wordsOf = (owner: OwnerId, body: string) => {
    const mandate = parseMandateBody(body);
    needOwned(signer, owner, mandate.account);
    return mandateChange(it, mandate);
  };

  return ({ path, method, headers, body }, answer) => {
    const anybody = method === 'POST' ? open.get(path) : undefined;
    if (anybody !== undefined) {
      anybody(body, answer);
      return;
    }
    const route = method === 'POST' ? owned.get(path) : undefined;
    if (route === undefined) throw new Refused('E_PATH', `${path.slice(0, 60)} is not of the portal`);
    const session: Session = sessions.need(headers.key, isLive);
    route(session.owner, body, answer);
  };

  function vaultFacts({ signer: { config: facts } }: OwnersContext) {
    return {
      vaultId: config.vaultId,
      fingerprint: signer.secrets.identity().fingerprint,
      identity: signer.secrets.identity().publicKey.export({ type: 'spki', format: 'pem' }),
      simulated: config.simulated,
      enrolled: state.owners.owners.size > 0,
      origin: config.portalOrigin,
      protections: facts.protections ?? [],
      unsealedBy: facts.unsealedBy ?? '',
    };
  }
}

function parseLogin(body: string) {
  const value = parseJson(body);
  return reading(() => {
    const it = fields(value, ['credential', 'authenticatorData', 'clientDataJSON', 'signature'], 'body');
    const clientDataJSON = text(it.clientDataJSON, 'clientDataJSON', partMax);
    return {
      credential: credentialId(it.credential),
      authenticatorData: text(it.authenticatorData, 'authenticatorData', partMax),
      clientDataJSON,
      signature: text(it.signature, 'signature', partMax),
      challenge: challengeOf(clientDataJSON),
    };
  });
}

/** Which of our challenges is answered; whether the answer is right is looked at afterwards, over the bytes. */
function challengeOf(clientDataJSON: string): string {
  const value = parseJson(Buffer.from(clientDataJSON, 'base64url').toString('utf8'));
  const { challenge } = (value ?? {}) as { challenge?: unknown };
  return typeof challenge === 'string' ? challenge.slice(0, 100) : '';
}

function parseEnrolPasskey(body: string) {
  const value = parseJson(body);
  return reading(() => {
    const it = fields(value, ['owner', 'code', 'label', 'registration'], 'body');
    const sent = fields(it.registration, ['id', 'clientDataJSON', 'authenticatorData', 'publicKey', 'algorithm'], 'registration');
    const part = (of: unknown, what: string): string => text(of, what, partMax);
    return {
      owner: readOwnerId(it.owner),
      code: text(it.code, 'code', 40),
      label: parseLabel(it.label),
      registration: {
        id: credentialId(sent.id),
        clientDataJSON: part(sent.clientDataJSON, 'clientDataJSON'),
        authenticatorData: part(sent.authenticatorData, 'authenticatorData'),
        publicKey: part(sent.publicKey, 'publicKey'),
        algorithm: typeof sent.algorithm === 'number' ? sent.algorithm : 0,
      },
    };
  });
}

function parseStop(body: string): { readonly account: AccountId | null; readonly reason: string } {
  const value = parseJson(body);
  return reading(() => {
    const it = fields(value, ['account', 'reason'], 'body');
    return { account: it.account === null ? null : accountId(it.account), reason: reasonText(it.reason) };
  });
}

function parseAudit(body: string): { readonly before: number | null; readonly limit: number } {
  const value = parseJson(body);
  return reading(() => {
    const it = fields(value, ['before', 'limit'], 'body');
    return { before: it.before === null ? null : count(it.before, 'before'), limit: count(it.limit, 'limit') };
  });
}
