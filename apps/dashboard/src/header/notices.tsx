/** What every page says as long as it lasts: what does not protect the vault, what stands still, what waits for the owner. */
import type { VaultStatusView, VaultWarning } from '@holdfast/contracts';
import { Icon } from '../parts/icons.tsx';
import { OwnersPage } from '../vault/owners-page.tsx';

export function Notices({ vault: { warnings, portal } }: { readonly vault: VaultStatusView }) {
  if (warnings.length === 0) return null;
  return (
    <ul className="notices" data-testid="notices" aria-label="Warnings of the vault">
      {warnings.map((warning) => (
        <Notice key={`${warning.code} ${warning.account} ${warning.title}`} warning={warning} portal={portal} />
      ))}
    </ul>
  );
}

const screens = { 'change-pending': 'overview', 'key-old': 'connect', 'key-too-old': 'connect' } as const;

interface NoticeProps {
  readonly warning: VaultWarning;
  readonly portal: string | null;
}

const Notice = ({ warning: { code, level, title, text, command, onOwnersPage }, portal }: NoticeProps) => (
  <li className={`notice ${level}`}>
    <Icon name="warning" size={16} />
    <p>
      <strong>{title}.</strong> {text}{' '}
      {onOwnersPage ? (
        <OwnersPage portal={portal} screen={code in screens ? screens[code as keyof typeof screens] : 'overview'}>
          Owner’s page
        </OwnersPage>
      ) : null}
      {onOwnersPage && command !== null ? ' or ' : null}
      {command === null ? null : <code>{command}</code>}
    </p>
  </li>
);
