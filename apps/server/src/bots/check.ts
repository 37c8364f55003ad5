/** What a bot would need before it is made: the engine's check, and the mandate beside it as the vault's owner would read it. */
import { createHash } from 'node:crypto';
import type { CheckAnswer, EngineCheck, EngineMandateNeeds, MandateCheck } from '@holdfast/contracts';
import {
  type AllowedKind,
  amount,
  asset,
  formatAmount,
  type Mandate,
  type MandateNeeds,
  mandateText,
  pair,
  quoteOf,
  type Side,
  type VaultAccount,
  type VaultStatus,
} from '@holdfast/domain';
import { mandateOfNeeds, missingOf, widenedBy, worstLoss } from '@holdfast/policy';
import type { Context } from '../context.ts';

export async function checkAnswer(context: Context, checked: EngineCheck): Promise<CheckAnswer> {
  const status = await context.vaultStatus();
  const { account } = await context.database().selectFrom('engine').select('account').executeTakeFirstOrThrow();
  const of = status?.accounts.find((each) => each.account === account);
  const mandate =
    status === undefined || of === undefined || checked.needs === null
      ? null
      : mandateCheck(status, of, checked.needs, feeBpsOf(checked.settings), (await context.clock()).now ?? Date.now());
  const { faults } = checked;
  const blocked = mandate?.missing.some(({ blocks }) => blocks) ?? true;
  return {
    ok: faults.length === 0 && !blocked,
    settings: checked.settings as CheckAnswer['settings'],
    faults: [...faults],
    funds: checked.funds === null ? null : [...checked.funds],
    orders: checked.orders === null ? null : [...checked.orders],
    mandate,
  };
}

/** Fee of the settings in basis points, rounded up; 0.1 % where they name none. */
function feeBpsOf(settings: EngineCheck['settings']): number {
  const percent = settings?.feePercent;
  return typeof percent === 'string' ? Math.ceil(Number(percent) * 100) : 10;
}

const readNeeds = (needs: EngineMandateNeeds): MandateNeeds => ({
  pairs: needs.pairs.map((it) => ({
    pair: pair(it.pair),
    sides: it.sides as readonly Side[],
    orders: it.orders as readonly AllowedKind[],
    maxOrderQuote: amount(it.maxOrderQuote),
    maxOrderBase: amount(it.maxOrderBase),
    maxPositionQuote: amount(it.maxPositionQuote),
    floor: amount(it.floor),
    ceiling: amount(it.ceiling),
    maxSellHeldBase24h: amount(it.maxSellHeldBase24h),
  })),
  turnover24h: amount(needs.turnover24h),
  openOrders: needs.openOrders,
  maxOpenQuote: amount(needs.maxOpenQuote),
});

function lossOf(mandate: Mandate): MandateCheck['worstLoss'] {
  const { theft24h, forged24h, market24h, formula } = worstLoss(mandate);
  return { theft24h: formatAmount(theft24h), forged24h: formatAmount(forged24h), market24h: formatAmount(market24h), formula };
}

const asJson = (mandate: Mandate): Record<string, unknown> => JSON.parse(mandateText(mandate)) as Record<string, unknown>;

export function mandateCheck(
  status: Pick<VaultStatus, 'portalOrigin'>,
  { account, owner, uid, mandate: inForce }: VaultAccount,
  needs: EngineMandateNeeds,
  feeBps: number,
  now: number,
): MandateCheck {
  const first = needs.pairs[0];
  const quote = inForce?.quote ?? (first === undefined ? asset('USDT') : quoteOf(pair(first.pair)));
  const prev = inForce === null ? '' : createHash('sha256').update(mandateText(inForce)).digest('hex');
  const needed = mandateOfNeeds(readNeeds(needs), { account, owner, uid, quote, feeBps, now, prev });
  const missing = missingOf(needed, inForce);
  const proposal = missing.length === 0 ? null : widenedBy(needed, inForce);
  return {
    quote,
    needed: asJson(needed),
    worstLoss: lossOf(needed),
    worstLossInForce: inForce === null ? null : lossOf(inForce),
    missing: [...missing],
    proposal: proposal === null ? null : asJson(proposal),
    worstLossProposed: proposal === null ? null : lossOf(proposal),
    signAt: proposal === null || status.portalOrigin === '' ? null : signAddress(status.portalOrigin, proposal),
  };
}

/** The owner's page with the proposal in the part of the address that no server sees. */
const signAddress = (portal: string, proposal: Mandate): string =>
  `${portal}/#mandate/${encodeURIComponent(proposal.account)}/${Buffer.from(mandateText(proposal)).toString('base64url')}`;
