import type { ReactNode } from "react";

/**
 * A page as high as the window, so that its list scrolls inside and draws only the rows in sight. A window too low for a
 * list scrolls itself.
 */
export function WindowPage({ children }: { children: ReactNode }) {
  return (
    <div className="flex h-[max(34rem,calc(100dvh-7rem))] flex-none flex-col md:h-[max(30rem,calc(100dvh-3rem))]">
      {children}
    </div>
  );
}
