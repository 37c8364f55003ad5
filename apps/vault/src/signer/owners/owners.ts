/** The owner's side of the signer, wired: acts, codes, tickets, notices, watches, pages. */
import type { AccountId, Mandate, VaultStatus } from '@holdfast/domain';
import { firstOwner } from '@holdfast/domain';
import type { RuleFinding } from '@holdfast/policy';
import type { WrapFrame } from '../../frames/frames.ts';
import type { Restriction } from '../conditions.ts';
import type { SignerContext } from '../context.ts';
import type { Answer } from '../refused.ts';
import { Refused } from '../refused.ts';
import { createActs } from './acts.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { OwnersContext } from './context.ts';
import { idOfKey } from './credentials.ts';
import { createEnrolment } from './enrol.ts';
import { createKeyWatch } from './key-watch.ts';
import { acceptNarrow } from './mandates.ts';
import { createNotices, type Notice, type Notices, sayings } from './notices.ts';
import { parseVeto } from './parse-act.ts';
import { parseMandateBody } from './parse-mandate.ts';
import { createPendingWatch } from './pending.ts';
import { createPortalRoutes, type PortalRequest } from './portal-routes.ts';
import { relyingParty } from './prove.ts';
import { createSignedView } from './signed-view.ts';
import { delaysOf, hourMs } from './state.ts';
import { createTickets } from './tickets.ts';
import { createUnsealKeeper, type UnsealKeeper } from './unseal.ts';
import { mandateChange, ownerView } from './view.ts';

export interface OwnersPorts {
  readonly signer: SignerContext;
  readonly send: (notice: Notice) => void;
  readonly status: () => VaultStatus;
  readonly trail: AuditTrail;
  readonly toWarden: (frame: WrapFrame) => void;
  /** Kills the whole vault; body `{reason}`. */
  readonly kill: (by: string, body: string, answer: Answer) => void;
}

/** What programs may POST, by path; `by` is the peer's name. */
export interface Owners {
  act(body: string, answer: Answer): void;
  narrow(by: string, body: string, answer: Answer): void;
  veto(by: string, body: string, answer: Answer): void;
  ticket(answer: Answer): void;
  words(body: string, answer: Answer): void;
  view(body: string, answer: Answer): void;
  enrol(body: string, answer: Answer): void;
  enrolCode(body: string, answer: Answer): void;
  fromPortal(request: PortalRequest, answer: Answer): void;
  /** An account or something of it was stopped. */
  restricted(account: AccountId, to: Restriction): void;
  /** A rule says something that stops nothing. */
  warned(finding: RuleFinding): void;
  /** The disk became full, or (with '') has space again. */
  diskChanged(fault: string): void;
  /** The exchange refused a request of the account for its key, address or permissions. */
  keyDenied(account: AccountId): void;
  readonly notices: Notices;
  /** What the warden says of ways to unseal. */
  readonly unseal: Pick<UnsealKeeper, 'learn' | 'done'>;
  /** After the journal was read: enrols the key of a simulated vault, says a code on a new real one, sets all watches. */
  start(): void;
}

export function createOwners({ signer, send, status, trail, toWarden, kill }: OwnersPorts): Owners {
  const { state, config, clock, secrets, commit } = signer;
  const notices = createNotices({ state, secrets, clock, vaultId: config.vaultId, send });
  const keyWatch = createKeyWatch(signer, notices);
  const pending = createPendingWatch(signer, notices);
  const it: OwnersContext = {
    signer,
    party: relyingParty(config.portalOrigin),
    delays: delaysOf(config.simulated),
    notices,
    tickets: createTickets(config.vaultId, secrets, clock),
    pending,
    keyWatch,
    unseal: createUnsealKeeper(signer, notices, toWarden),
  };
  const acts = createActs(it);
  const enrolment = createEnrolment(it);
  const portal = createPortalRoutes(it, { acts, enrolment, status, trail, kill });

  const enrolSimulated = (): void => {
    const key = config.ownerKey;
    if (!config.simulated || key === null || state.owners.owners.has(firstOwner)) return;
    const publicKey = key.export({ type: 'spki', format: 'pem' }).toString();
    const credential = { id: idOfKey(key), kind: 'ed25519', publicKey, label: 'owner key of the simulated vault' } as const;
    commit({ kind: 'enrolled', owner: firstOwner, credential, by: 'making' });
  };

  /** What still waits is said again: notices on their way at a crash are lost, those that arrived are not sent twice. */
  const sayAgain = (): void => {
    for (const change of state.owners.pending.values())
      notices.notify(change.owner, sayings.pending(change, changesOf(it, change.act)));
    for (const owner of state.owners.owners.keys()) notices.sayCodes(owner);
  };

  return {
    act: acts.accept,
    narrow: (by, body, answer) => acceptNarrow(it, by, body, answer),
    veto: (by, body, answer) => veto(it, by, parseVeto(body), answer),
    ticket: (answer) => answer(200, it.tickets.issue()),
    words: (body, answer) => answer(200, mandateChange(it, parseMandateBody(body))),
    view: createSignedView(it, (owner) => ownerView(it, owner, status())),
    enrol: enrolment.accept,
    enrolCode: enrolment.acceptCode,
    fromPortal: portal,
    restricted: (account, to) => {
      const owner = state.owners.accounts.get(account)?.owner;
      if (owner !== undefined) notices.notify(owner, toldOf(state.stateEpoch, account, to));
    },
    warned: (finding) => {
      const owner = finding.account === null ? undefined : state.owners.accounts.get(finding.account)?.owner;
      signer.log(`rule ${finding.rule}: ${finding.reason}`);
      if (owner === undefined || finding.account === null) return;
      // Findings are said again while they hold: one notice in an hour is enough.
      const hour = Math.floor(clock.now() / hourMs);
      const { account, rule, reason } = finding;
      notices.notify(
        owner,
        rule === foreignRule ? sayings.foreign(account, reason, hour) : sayings.rule(account, rule, reason, hour),
      );
    },
    diskChanged: (fault) => {
      signer.log(fault === '' ? 'the disk has space again' : fault);
      const told = sayings.disk(fault, Math.floor(clock.now() / hourMs));
      for (const owner of state.owners.owners.keys()) notices.notify(owner, told);
    },
    keyDenied: keyWatch.denied,
    notices,
    unseal: it.unseal,
    start: () => {
      enrolSimulated();
      if (!config.simulated && state.owners.owners.size === 0) enrolment.say(null);
      sayAgain();
      pending.schedule();
      keyWatch.schedule();
    },
  };
}

/** Anybody may drop what would widen. @throws Refused E_STATE */
function veto({ signer, notices }: OwnersContext, by: string, id: string, answer: Answer): void {
  const change = signer.state.owners.pending.get(id);
  if (change === undefined) throw new Refused('E_STATE', 'nothing waits under this id');
  signer.commit({ kind: 'vetoed', pending: id, by, reason: 'vetoed without a credential' }, () => answer(200, { vetoed: id }));
  notices.notify(change.owner, sayings.dropped(change, `vetoed by ${by}`));
}

const changesOf = (it: OwnersContext, act: { readonly act: string; readonly mandate?: Mandate }): readonly string[] =>
  act.mandate === undefined ? [] : mandateChange(it, act.mandate).changes;

/** Somebody else uses the key or the login. */
const foreignRule = 'R10';

function toldOf(stateEpoch: number, account: AccountId, to: Restriction) {
  if (to.by === `rule ${foreignRule}`)
    return sayings.foreign(account, `${to.reason}; the account is ${to.condition}`, stateEpoch);
  if (to.subKey !== null || to.pair !== null) {
    const what = to.subKey !== null ? `sub-key ${to.subKey}` : `pair ${to.pair}`;
    return sayings.rule(account, to.by, `${what} is ${to.condition}: ${to.reason}`, stateEpoch);
  }
  return sayings.condition(account, to.condition, to.reason === '' ? `by ${to.by}` : `${to.reason} (${to.by})`, stateEpoch);
}
