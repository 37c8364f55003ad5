import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Empty, Loaded } from '../parts/states.tsx';

interface OfBotProps<Data> {
  readonly query: UseQueryResult<Data>;
  readonly hasBots: boolean;
  /** Said while there is no bot. */
  readonly none: string;
  readonly hint?: string;
  readonly children: (data: Data) => ReactNode;
}

/** What was read of a bot; without any bot nothing is asked for, so nothing would ever arrive. */
export const OfBot = <Data,>({ query, hasBots, none, hint, children }: OfBotProps<Data>) =>
  hasBots ? <Loaded query={query}>{children}</Loaded> : <Empty title={none}>{hint}</Empty>;
