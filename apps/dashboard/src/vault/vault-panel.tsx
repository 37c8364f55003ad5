/** All of the vault: per account what may be done and what of it is used, what protects it here, and what only its owner can do. */
import type { VaultStatusView } from '@holdfast/contracts';
import { useStatus } from '../api/queries.ts';
import { Icon } from '../parts/icons.tsx';
import { Panel } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { AccountBlock } from './account-block.tsx';
import { OwnersPage } from './owners-page.tsx';

export function VaultPanel() {
  const status = useStatus();
  return (
    <div className="vault-panel" id="vault">
      <Panel title="Vault" note={noteOf(status.data?.vault)}>
        <Loaded query={status}>{({ vault }) => <VaultParts vault={vault} />}</Loaded>
      </Panel>
    </div>
  );
}

const noteOf = (vault: VaultStatusView | undefined): string | undefined =>
  vault?.unsealedBy == null
    ? undefined
    : `unsealed by ${vault.unsealedBy === 'simulated' ? 'the key beside its data' : vault.unsealedBy}`;

const VaultParts = ({ vault }: { readonly vault: VaultStatusView }) => (
  <div className="vault-parts" data-testid="vault">
    <div className="vault-accounts">
      {vault.accounts.length === 0 ? (
        <Empty title="No account to show">{vault.reason ?? 'Connect one on the owner’s page.'}</Empty>
      ) : (
        vault.accounts.map((account) => (
          <AccountBlock key={account.account} account={account} vault={vault} isOpen={vault.accounts.length <= 3} />
        ))
      )}
    </div>
    <div className="vault-aside">
      <Protections protections={vault.protections} />
      <OwnersActs portal={vault.portal} />
    </div>
  </div>
);

function Protections({ protections }: Pick<VaultStatusView, 'protections'>) {
  const inForce = protections.filter((it) => it.inForce).length;
  const ordered = [...protections].sort((a, b) => Number(a.inForce) - Number(b.inForce));
  return (
    <section aria-labelledby="protections">
      <h3 id="protections">What protects it on this machine</h3>
      {protections.length === 0 ? (
        <p className="quiet">Not known: the vault tells nothing.</p>
      ) : (
        <>
          <p className="quiet">
            {inForce} of {protections.length} measures in force
          </p>
          <ul className="protections" data-testid="protections">
            {ordered.map(({ name, inForce: holds, text }) => (
              <li key={name} className={holds ? 'holds' : 'lacks'}>
                <Icon name={holds ? 'check' : 'cross'} size={16} />
                <span>
                  <span className="hidden-text">{holds ? 'In force: ' : 'Not in force: '}</span>
                  {text}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const OwnersActs = ({ portal }: Pick<VaultStatusView, 'portal'>) => (
  <section aria-labelledby="owners-acts">
    <h3 id="owners-acts">What only its owner can do</h3>
    <p className="quiet">
      Each takes a passkey or an owner key, on <OwnersPage portal={portal}>the owner’s own page</OwnersPage>
      {portal === null ? '' : ` (${portal})`}. Nothing on this page can.
    </p>
    <ul className="acts">
      <li>
        <OwnersPage portal={portal}>Unfreeze</OwnersPage>, <OwnersPage portal={portal}>veto what waits</OwnersPage>
      </li>
      <li>
        <OwnersPage portal={portal} screen="mandate">
          Read and sign a mandate
        </OwnersPage>
      </li>
      <li>
        <OwnersPage portal={portal} screen="connect">
          Connect an account or rotate its key
        </OwnersPage>
      </li>
      <li>
        <OwnersPage portal={portal}>Kill</OwnersPage>: revoke all, or <code>npx holdfast kill</code>
      </li>
    </ul>
  </section>
);
