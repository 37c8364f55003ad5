/** What a panel shows while it has nothing, or nothing good, to show. */
import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useStatus } from '../api/queries.ts';
import { Icon } from './icons.tsx';

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="state">
      <Icon name="wave" size={34} />
      <strong>{title}</strong>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  );
}

export function Failure({ reason, retry }: { readonly reason: string; readonly retry: () => void }) {
  return (
    <div className="state" role="status">
      <Icon name="broken" size={30} />
      <strong>Not available</strong>
      <p>{reason}</p>
      <Button variant="default" size="xs" mt={6} onClick={retry}>
        Try again
      </Button>
    </div>
  );
}

const widths = ['92%', '78%', '86%', '64%', '81%', '70%', '88%', '60%'];

export const SkeletonRows = ({ rows }: { readonly rows: number }) => (
  <div className="skeleton-rows" aria-hidden="true">
    {widths.slice(0, rows).map((width) => (
      <div key={width} className="skeleton" style={{ height: '1.125rem', width }} />
    ))}
  </div>
);

interface LoadedProps<Data> {
  readonly query: UseQueryResult<Data>;
  readonly skeleton?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/**
 * Data that was read once stays, even when it can no longer be read: the banner says so. A query that waits for the
 * status, to know which bot or pair to ask for, fails with it.
 */
export function Loaded<Data>({ query, skeleton, children }: LoadedProps<Data>) {
  const status = useStatus();
  if (query.data !== undefined) return children(query.data);
  const failed = query.isError ? query : query.fetchStatus === 'idle' && status.isError ? status : undefined;
  if (failed !== undefined) return <Failure reason={failed.error.message} retry={() => void failed.refetch()} />;
  return skeleton ?? <SkeletonRows rows={6} />;
}
