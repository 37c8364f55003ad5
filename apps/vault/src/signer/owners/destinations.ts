/** Where notices go: a list that the owner signs, each place confirmed by the code that arrived there. */
import { timingSafeEqual } from 'node:crypto';
import type { Destination, OwnerAct } from '@holdfast/domain';
import { type Answer, Refused } from '../refused.ts';
import { ownerOf } from './apply.ts';
import type { OwnersContext, ProvedAct } from './context.ts';
import { sayings } from './notices.ts';

type SetList = Extract<OwnerAct, { act: 'destinations' }>;
type Confirm = Extract<OwnerAct, { act: 'destination-confirm' }>;

const loopbackNames: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);

/** Why a vault of this kind sends nothing there, or null. */
export function destinationFault(it: Destination, simulated: boolean): string | null {
  switch (it.kind) {
    case 'webhook':
    case 'ntfy': {
      if (!URL.canParse(it.url)) return `${it.id}: url is not a URL`;
      const { protocol, hostname, username, password } = new URL(it.url);
      if (username !== '' || password !== '') return `${it.id}: a URL must not hold a name or password`;
      if (simulated)
        return ['http:', 'https:'].includes(protocol) && loopbackNames.has(hostname)
          ? null
          : `${it.id}: a simulated vault sends notices to this machine only`;
      return protocol === 'https:' ? null : `${it.id}: a real vault sends notices by https only`;
    }
    case 'smtp':
      if (it.port < 1 || it.port > 65_535) return `${it.id}: ${it.port} is not a port`;
      if (!it.to.includes('@') || !it.from.includes('@')) return `${it.id}: from and to must be mail addresses`;
      if (simulated) return loopbackNames.has(it.host) ? null : `${it.id}: a simulated vault sends notices to this machine only`;
      return it.tls === 'none' ? `${it.id}: a real vault sends mail over TLS only` : null;
    case 'file':
      return it.path.startsWith('/') && it.path.endsWith('.anchors') && !it.path.split('/').includes('..')
        ? null
        : `${it.id}: path must be absolute and end in .anchors`;
  }
}

/** `secretsRef` names the record that the passwords were sealed in. @throws Refused */
export function acceptDestinations(
  { signer, notices }: OwnersContext,
  proved: ProvedAct<SetList>,
  secretsRef: string | null,
  answer: Answer,
): void {
  const { destinations } = proved.act;
  const before = ownerOf(signer.state, proved.owner).former.filter((it) => it.until <= signer.clock.now());
  proved.accept(secretsRef === null ? {} : { secretsRef }, () => answer(200, { destinations: destinations.length }));
  for (const it of before) if (it.secretsRef !== null && it.secretsRef !== secretsRef) signer.secrets.eraseRecord(it.secretsRef);
  notices.notify(proved.owner, sayings.destinationsChanged(destinations.length, proved.id));
  notices.sayCodes(proved.owner);
}

const triesMax = 10;

/** Counts wrong codes per destination; a new list or a restart begins anew. */
export function createConfirmer() {
  const tries = new Map<string, number>();
  return (it: OwnersContext, proved: ProvedAct<Confirm>, answer: Answer): void => {
    const { owner, act } = proved;
    const known = ownerOf(it.signer.state, owner);
    const found = known.destinations.find((one) => one.destination.id === act.destination);
    if (found === undefined) throw new Refused('E_STATE', `destination ${act.destination} is not on the list`);
    const key = `${known.destinationsAct}/${act.destination}`;
    const tried = (tries.get(key) ?? 0) + 1;
    if (tried > triesMax)
      throw new Refused('E_RATE', `${triesMax} wrong codes for ${act.destination}; sign the list again to get a new code`);
    if (!isSame(act.code, it.notices.codeOf(owner, act.destination))) {
      tries.set(key, tried);
      throw new Refused('E_STATE', `this is not the code that was sent to ${act.destination}`);
    }
    proved.accept({}, () => answer(200, { confirmed: act.destination }));
  };
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given.trim().toLowerCase()), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
