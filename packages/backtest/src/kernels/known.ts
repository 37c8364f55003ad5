/** Which runs a kernel knows: plain assumptions, and for each setting what it must be. */
import type { Assumptions } from '../run/result.ts';

/** What each setting must be for a kernel to know it. A setting that is not named does not compile. */
export type Knows<Settings> = { readonly [Field in keyof Settings]-?: (value: Settings[Field]) => boolean };

export const any = (): boolean => true;

/** Assumptions that every kernel knows; fees that change with what was traded are the bot's own run alone. */
const isPlain = ({ path, latencyMs, slippageTicks, spreadTicks, feeTiers, perpetual, ...fills }: Assumptions): boolean =>
  path === 'published' &&
  latencyMs === 0 &&
  slippageTicks === 0 &&
  spreadTicks >= 1 &&
  feeTiers === undefined &&
  perpetual === undefined &&
  isAtOwn(fills);

/** Whether what rests fills at its own price, and as soon as that is touched or passed. Stops are no kernel's. */
const isAtOwn = ({ fill, gaps = 'own' }: Pick<Assumptions, 'fill' | 'gaps'>): boolean => fill !== 'queue' && gaps === 'own';

/** Whether a kernel plays these settings under these assumptions. */
export function isKnown<Settings extends { readonly feeAsset: string }>(
  knows: Knows<Settings>,
  settings: Settings,
  assumptions: Assumptions,
): boolean {
  const fields = Object.keys(settings) as (keyof Settings)[];
  return (
    isPlain(assumptions) &&
    settings.feeAsset === (assumptions.feeIn === 'received' ? 'base' : 'quote') &&
    fields.every((field) => (knows[field] as ((value: unknown) => boolean) | undefined)?.(settings[field]) ?? false)
  );
}
