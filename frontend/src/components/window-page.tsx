import type { ReactNode } from "react";

/**
 * A page as high as the window, so that its list scrolls inside and renders only the visible rows. A window too low for
 * a list scrolls itself; on paper the page is as long as its list.
 */
export function WindowPage({ children }: { children: ReactNode }) {
  return (
    <div className="flex h-[max(34rem,calc(100dvh-7rem))] flex-none flex-col print:h-auto! md:h-[max(30rem,calc(100dvh-3rem))]">
      {children}
    </div>
  );
}
