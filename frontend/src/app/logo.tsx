/** The logo: a flat line with a spike. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className={className}>
      <rect width="32" height="32" rx="8" fill="#0f4a4d" />
      <path
        d="M6.5 17.5h4.7l2.6-7.2 4.4 12 2.7-7.4"
        fill="none"
        stroke="#5eead4"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="24.2" cy="14.4" r="2.3" fill="#fda4af" />
    </svg>
  );
}
