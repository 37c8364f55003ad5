/** Drawn by hand on a grid of 24; decoration only, the words beside them say the same. */
import type { ReactNode } from 'react';

const shapes = {
  sun: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600l1.500 1.500M16.900 16.900l1.500 1.500M18.400 5.600l-1.500 1.500M7.100 16.900l-1.500 1.500" />
    </>
  ),
  moon: <path d="M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z" />,
  wave: <path d="M2 9c3.300-3 6.700-3 10 0s6.700 3 10 0M2 15c3.300-3 6.700-3 10 0s6.700 3 10 0" />,
  broken: <path d="M9 7H7a5 5 0 0 0 0 10h2M15 7h2a5 5 0 0 1 0 10h-2M8 12h2M14 12h2M12 4l-1 3M12 20l1-3" />,
  frost: <path d="M12 2v20M3.300 7l17.400 10M20.700 7 3.300 17M9 3.500l3 2.500 3-2.500M9 20.500l3-2.500 3 2.500" />,
  warning: <path d="M12 4 2.500 20h19L12 4zM12 10v5M12 17.500v.1" />,
  check: <path d="M5 12.500l4.500 4.500L19 7.500" />,
  cross: <path d="M6.500 6.500l11 11M17.500 6.500l-11 11" />,
  plus: <path d="M12 5v14M5 12h14" />,
} as const satisfies Record<string, ReactNode>;

export function Icon({ name, size = 18 }: { readonly name: keyof typeof shapes; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shapes[name]}
    </svg>
  );
}

/** A kelp's holdfast around its stone. */
export const Mark = () => (
  <svg width="34" height="34" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#0c5a4e" />
    <g fill="none" stroke="#f3f1ea" strokeWidth="2.4" strokeLinecap="round">
      <path d="M16 5v14M16 13c-1 4-6 4.500-8 9M16 13c1 4 6 4.500 8 9" />
    </g>
    <circle cx="16" cy="24" r="4.300" fill="#e3b864" />
  </svg>
);
