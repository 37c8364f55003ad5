/** The vault at a glance: whether it signs, what of the mandate is used, the worst loss, and the one thing anybody may do: freeze. */
import type { VaultStatusView, VaultStopView } from '@holdfast/contracts';
import { useStatus } from '../api/queries.ts';
import { formatMoney } from '../format/decimal.ts';
import { sentence } from '../format/sentence.ts';
import { Icon } from '../parts/icons.tsx';
import { Dot, type Tone } from '../parts/panel.tsx';
import { SkeletonRows } from '../parts/states.tsx';
import { LimitMeters } from '../vault/meter.tsx';
import { OwnersPage } from '../vault/owners-page.tsx';
import { FreezeButton } from './freeze-button.tsx';

type VaultState = VaultStatusView['state'];

const words: Readonly<Record<VaultState, { readonly tone: Tone; readonly word: string }>> = {
  open: { tone: 'good', word: 'open' },
  frozen: { tone: 'warn', word: 'frozen' },
  sealed: { tone: 'warn', word: 'sealed' },
  reconcile: { tone: 'warn', word: 'reconciling' },
  unreachable: { tone: 'bad', word: 'not answering' },
};

const stopsOf = ({ accounts }: VaultStatusView): readonly VaultStopView[] => accounts.flatMap(({ stopped }) => stopped);
const isWell = (vault: VaultStatusView): boolean => vault.state === 'open' && stopsOf(vault).length === 0;

function wordOf(vault: VaultStatusView): { readonly tone: Tone; readonly word: string } {
  if (vault.state !== 'open') return words[vault.state];
  const stops = stopsOf(vault);
  if (stops.length === 0) return words.open;
  const account = vault.accounts.find(({ condition }) => condition !== 'active');
  return { tone: 'warn', word: account === undefined ? 'open in part' : `${account.account}: ${account.condition}` };
}

export function VaultCard() {
  const { data: status } = useStatus();
  const vault = status?.vault;
  return (
    <section className={`panel vault ${vault === undefined || isWell(vault) ? '' : 'vault-shut'}`} aria-label="Vault">
      <div className="vault-line">
        <h2>Vault</h2>
        {vault === undefined ? null : (
          <span className="vault-state" data-testid="vault-state">
            <Dot tone={wordOf(vault).tone} />
            {wordOf(vault).word}
          </span>
        )}
        <FreezeButton state={vault?.state} portal={vault?.portal} done={vault?.state === 'frozen'} />
      </div>
      {vault === undefined ? (
        <div className="vault-waits">
          <SkeletonRows rows={3} />
        </div>
      ) : (
        <VaultBody vault={vault} />
      )}
    </section>
  );
}

/** What is the matter takes the place of the limits: while nothing is signed, they do not move. */
const VaultBody = ({ vault }: { readonly vault: VaultStatusView }) => (
  <>
    <p className="vault-trouble" role="status">
      {isWell(vault) ? null : <Trouble vault={vault} />}
    </p>
    {isWell(vault) ? <Limits vault={vault} /> : null}
  </>
);

function Trouble({ vault }: { readonly vault: VaultStatusView }) {
  const { state, reason, portal } = vault;
  if (state === 'frozen')
    return (
      <Frozen portal={portal} title="The vault is frozen.">
        {reason === null ? 'No reason was given.' : `Reason: ${sentence(reason)}`} No new order is signed; bots wait.
      </Frozen>
    );
  if (state === 'sealed')
    return (
      <>
        <strong>The vault is sealed.</strong> No order is signed until it is unsealed, on <OwnersPage portal={portal} /> or with{' '}
        <code>npx holdfast vault unseal</code>. Orders at the exchange rest as they were.
      </>
    );
  const [stop, ...more] = stopsOf(vault);
  if (state !== 'open' || stop === undefined)
    return `${sentence(reason)} No order is signed meanwhile; orders at the exchange rest as they were.`;
  return (
    <Frozen portal={portal} title={stopTitle(stop)}>
      {sentence(stop.reason)} {stop.by === null ? '' : `Stopped by ${stop.by}.`}{' '}
      {more.length === 0 ? '' : `${more.length} more below.`}
    </Frozen>
  );
}

export const stopTitle = ({ what, name, bot }: VaultStopView): string =>
  ({ account: `Account ${name} is stopped.`, pair: `${name} is frozen.`, 'sub-key': `Bot ${bot ?? name} is frozen.` })[what];

interface FrozenProps {
  readonly title: string;
  readonly portal: string | null;
  readonly children: React.ReactNode;
}

const Frozen = ({ title, portal, children }: FrozenProps) => (
  <>
    <Icon name="frost" size={16} /> <strong>{title}</strong> {children} Only the owner can undo it: <OwnersPage portal={portal} />{' '}
    or <code>npx holdfast unfreeze</code>
  </>
);

function Limits({ vault }: { readonly vault: VaultStatusView }) {
  const account = vault.accounts[0];
  const { limits, mandate, worstLoss } = account ?? {};
  if (limits == null || mandate == null)
    return (
      <p className="quiet">
        {vault.reason ?? 'No mandate yet: nothing may be traded.'} It is signed on <OwnersPage portal={vault.portal} />.
      </p>
    );
  return (
    <>
      <LimitMeters limits={limits} quote={mandate.quote} only={['turnover24h', 'burn24h', 'openOrders']} />
      {worstLoss == null ? null : (
        <p className="vault-foot">
          Theft can take at most <strong>{formatMoney(worstLoss.theft24h, mandate.quote)}</strong> in 24 h.{' '}
          <a href="#vault">All limits</a>
        </p>
      )}
    </>
  );
}
