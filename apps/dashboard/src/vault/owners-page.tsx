interface OwnersPageProps {
  /** Address of the owner's pages; null or undefined while it is not known. */
  readonly portal: string | null | undefined;
  /** One of the screens there. */
  readonly screen?: 'overview' | 'connect' | 'mandate' | 'audit';
  readonly children?: string;
}

/** The owner's pages are of the vault and of another origin: what needs the owner's proof is done there. */
export const OwnersPage = ({ portal, screen = 'overview', children = 'the owner’s page' }: OwnersPageProps) =>
  portal == null ? (
    <span>{children}</span>
  ) : (
    <a href={`${portal}/#${screen}`} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
