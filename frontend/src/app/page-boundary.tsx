import { Component, type ReactNode, useEffect } from "react";

import { ErrorState } from "@/components/error-state";
import { ChunkLoadError } from "@/lib/lazy-chunk";
import { toast } from "@/lib/toast";

const POLL_MS = 2000;

class Boundary extends Component<
  { children: ReactNode; fallback: (error: unknown) => ReactNode; onError?: (error: unknown) => void },
  { error: unknown }
> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidCatch(error: unknown) {
    this.props.onError?.(error);
  }

  override render() {
    return this.state.error === null ? this.props.children : this.props.fallback(this.state.error);
  }
}

/** Error boundary of a page. */
export function PageBoundary({ children }: { children: ReactNode }) {
  return (
    <Boundary
      fallback={(error) => (
        <>
          {error instanceof ChunkLoadError && <ReloadOnRecovery />}
          <ErrorState error={error} retry={() => window.location.reload()} className="min-h-[60vh] justify-center" />
        </>
      )}
    >
      {children}
    </Boundary>
  );
}

/** Error boundary of the command menu and the shortcut list: the page behind them stays usable. */
export function OverlayBoundary({ children }: { children: ReactNode }) {
  return (
    <Boundary fallback={() => null} onError={() => toast("This could not be opened. Reload the page.", "error")}>
      {children}
    </Boundary>
  );
}

/** Reloads the page once the server responds: a browser may cache a failed import until then. */
function ReloadOnRecovery() {
  useEffect(() => {
    const timer = setInterval(() => {
      fetch(window.location.href, { cache: "no-store" }).then(
        ({ ok }) => ok && window.location.reload(),
        () => undefined,
      );
    }, POLL_MS);
    return () => clearInterval(timer);
  }, []);
  return null;
}
