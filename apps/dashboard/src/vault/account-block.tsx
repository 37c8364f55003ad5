import type { VaultAccountStatus, VaultStatusView } from '@holdfast/contracts';
import { formatDecimal, formatMoney, moneyDecimals } from '../format/decimal.ts';
import { sentence } from '../format/sentence.ts';
import { formatDate, formatDayTime } from '../format/time.ts';
import { FreezeButton } from '../header/freeze-button.tsx';
import { stopTitle } from '../header/vault-card.tsx';
import { Figure, Tag, type Tone } from '../parts/panel.tsx';
import { LimitMeters } from './meter.tsx';
import { OwnersPage } from './owners-page.tsx';

interface AccountBlockProps {
  readonly account: VaultAccountStatus;
  readonly vault: VaultStatusView;
  readonly isOpen: boolean;
}

const tones: Readonly<Record<VaultAccountStatus['condition'], Tone>> = {
  active: 'good',
  'reduce-only': 'warn',
  frozen: 'bad',
  revoked: 'bad',
};

export const AccountBlock = ({ account, vault, isOpen }: AccountBlockProps) => (
  <details className="vault-account" open={isOpen || account.stopped.length > 0} data-testid={`account-${account.account}`}>
    <summary>
      <h3>{account.account}</h3>
      <Tag tone={tones[account.condition]}>{account.condition}</Tag>
      <span className="quiet">
        {account.exchange} · {account.connected ? 'connected' : 'not connected'} · {mandateText(account)}
      </span>
    </summary>
    <Stops account={account} portal={vault.portal} />
    <Pending account={account} portal={vault.portal} />
    <WorstLoss account={account} />
    <Limits account={account} />
    <Positions account={account} />
    <div className="vault-account-foot">
      <p className="quiet">{keyText(account)}</p>
      <FreezeButton state={vault.state} portal={vault.portal} account={account.account} done={account.frozen} />
    </div>
  </details>
);

const mandateText = ({ mandate }: VaultAccountStatus): string =>
  mandate === null ? 'no mandate: nothing may be traded' : `mandate ${mandate.seq} until ${formatDate(mandate.expiresAt)}`;

function keyText({ key }: VaultAccountStatus): string {
  if (key === null) return 'No exchange key is connected.';
  const from = key.ipRestricted ? 'taken from named addresses only' : 'NOT restricted to addresses: all limits are halved';
  return `Exchange key of ${formatDate(key.bornAt)}, ${from}; what it may do was checked ${formatDayTime(key.checkedAt)} UTC.`;
}

const Stops = ({ account: { stopped }, portal }: { readonly account: VaultAccountStatus; readonly portal: string | null }) =>
  stopped.length === 0 ? null : (
    <ul className="stops" data-testid="stops">
      {stopped.map((stop) => (
        <li key={`${stop.what} ${stop.name}`}>
          <strong>{stopTitle(stop)}</strong> {sentence(stop.reason)} {stop.by === null ? '' : `Stopped by ${stop.by}.`} If the
          orders were yours, lift it on <OwnersPage portal={portal} />; if not, look at the exchange first.
        </li>
      ))}
    </ul>
  );

const Pending = ({ account: { pending }, portal }: { readonly account: VaultAccountStatus; readonly portal: string | null }) =>
  pending.length === 0 ? null : (
    <ul className="stops" data-testid="pending">
      {pending.map(({ id, what, from }) => (
        <li key={id}>
          <strong>Waits:</strong> {sentence(what)} It counts from {formatDayTime(from)} UTC; until then any of the owner’s
          credentials can veto it on <OwnersPage portal={portal} />.
        </li>
      ))}
    </ul>
  );

function WorstLoss({ account: { worstLoss, mandate } }: { readonly account: VaultAccountStatus }) {
  if (worstLoss === null || mandate === null) return null;
  const { quote } = mandate;
  return (
    <>
      <h4>The most that can be lost in 24 h</h4>
      <dl className="worst-loss" data-testid="worst-loss">
        <Figure name="By theft">{formatMoney(worstLoss.theft24h, quote)}</Figure>
        <Figure name="By theft, with forged prices too">{formatMoney(worstLoss.forged24h, quote)}</Figure>
        <Figure name="By the market, nobody’s theft">{formatMoney(worstLoss.market24h, quote)}</Figure>
      </dl>
      <p className="quiet formula">{worstLoss.formula}</p>
    </>
  );
}

function Limits({ account: { limits, mandate, scaleBps } }: { readonly account: VaultAccountStatus }) {
  if (limits === null || mandate === null) return null;
  return (
    <>
      <h4>Used of what counts now{scaleBps === 10_000 ? '' : ` (${scaleBps / 100} % of what the mandate says)`}</h4>
      <LimitMeters limits={limits} quote={mandate.quote} />
    </>
  );
}

function Positions({ account: { positions, mandate } }: { readonly account: VaultAccountStatus }) {
  if (mandate === null || positions.length === 0) return null;
  const money = (text: string): string => formatDecimal(text, moneyDecimals(mandate.quote));
  return (
    <div className="vault-positions">
      <table className="table" data-testid="positions">
        <thead>
          <tr>
            <th scope="col">Pair</th>
            <th scope="col" className="number">
              Held by bots
            </th>
            <th scope="col" className="number">
              Cost, of at most
            </th>
            <th scope="col" className="number spare">
              Largest order
            </th>
            <th scope="col" className="number spare">
              Prices from, to
            </th>
          </tr>
        </thead>
        <tbody>
          {positions.map(({ pair, held, cost, costLimit }) => {
            const rules = mandate.pairs.find((it) => it.pair === pair);
            return (
              <tr key={pair}>
                <td>{pair}</td>
                <td className="number">{formatDecimal(held, moneyDecimals(pair.split('/')[0] ?? ''))}</td>
                <td className="number">
                  {money(cost)}{' '}
                  <span className="quiet">{costLimit === null ? 'not in the mandate' : `of ${money(costLimit)}`}</span>
                </td>
                <td className="number spare">{rules === undefined ? '–' : money(rules.maxOrderQuote)}</td>
                <td className="number spare">{rules === undefined ? '–' : `${money(rules.floor)} – ${money(rules.ceiling)}`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
