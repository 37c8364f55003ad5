/** The vault: open or frozen, how much of the mandate is used, and the one thing anybody may do to it: freeze. */
import type { VaultStatusView } from '@holdfast/contracts';
import { useStatus } from '../api/queries.ts';
import { formatDecimal, shareOf } from '../format/decimal.ts';
import { sentence } from '../format/sentence.ts';
import { Icon } from '../parts/icons.tsx';
import { Dot, type Tone } from '../parts/panel.tsx';
import { SkeletonRows } from '../parts/states.tsx';
import { FreezeButton } from './freeze-button.tsx';

type VaultState = VaultStatusView['state'];

const words: Readonly<Record<VaultState, { readonly tone: Tone; readonly word: string }>> = {
  open: { tone: 'good', word: 'open' },
  frozen: { tone: 'warn', word: 'frozen' },
  sealed: { tone: 'warn', word: 'sealed' },
  reconcile: { tone: 'warn', word: 'reconciling' },
  unreachable: { tone: 'bad', word: 'not answering' },
};

export function VaultCard() {
  const { data: status } = useStatus();
  const vault = status?.vault;
  return (
    <section className={`panel vault ${vault === undefined || vault.state === 'open' ? '' : 'vault-shut'}`} aria-label="Vault">
      <div className="vault-line">
        <h2>Vault</h2>
        {vault === undefined ? null : (
          <span className="vault-state" data-testid="vault-state">
            <Dot tone={words[vault.state].tone} />
            {words[vault.state].word}
          </span>
        )}
        <FreezeButton state={vault?.state} />
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
      {vault.state === 'open' ? null : <Trouble vault={vault} />}
    </p>
    {vault.state === 'open' ? <Limits vault={vault} /> : null}
  </>
);

function Trouble({ vault: { state, reason } }: { readonly vault: VaultStatusView }) {
  if (state !== 'frozen') return `${sentence(reason)} No order is signed meanwhile; orders at the exchange rest as they were.`;
  return (
    <>
      <Icon name="frost" size={16} /> <strong>The vault is frozen.</strong>{' '}
      {reason === null ? 'No reason was given.' : `Reason: ${sentence(reason)}`} No new order is signed; bots wait. Only the owner
      can undo it: <code>npx holdfast unfreeze</code>
    </>
  );
}

function Limits({ vault }: { readonly vault: VaultStatusView }) {
  const account = vault.accounts[0];
  const limits = account?.limits;
  if (account === undefined || limits == null)
    return <p className="quiet">{vault.reason ?? 'No mandate yet: nothing may be traded.'}</p>;
  const quote = account.mandate?.quote ?? '';
  const { turnover24h, burn24h, openOrders } = limits;
  return (
    <dl className="meters">
      <Meter name="Turnover, 24 h" used={turnover24h.used} limit={turnover24h.limit} decimals={0} unit={quote} />
      <Meter name="Given away, 24 h" used={burn24h.used} limit={burn24h.limit} decimals={2} unit={quote} />
      <Meter name="Open orders" used={String(openOrders.used)} limit={String(openOrders.limit)} decimals={0} unit="" />
    </dl>
  );
}

interface MeterProps {
  readonly name: string;
  readonly used: string;
  readonly limit: string;
  readonly decimals: number;
  readonly unit: string;
}

function Meter({ name, used, limit, decimals, unit }: MeterProps) {
  const share = shareOf(used, limit);
  return (
    <div className="meter">
      <dt>{name}</dt>
      <dd>
        {formatDecimal(used, decimals)} <span className="quiet">of {formatDecimal(limit, decimals)}</span> {unit}
      </dd>
      <span className="meter-track" aria-hidden="true">
        <span className={`meter-fill ${share >= 80 ? 'high' : ''}`} style={{ width: `${share}%` }} />
      </span>
    </div>
  );
}
