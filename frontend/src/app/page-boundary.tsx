import { Component, type ReactNode } from "react";

import { ErrorState } from "@/components/error-state";

/** Shows what a page threw. Trying again loads afresh: the page's own files may be gone since an update. */
export class PageBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <ErrorState
        error={this.state.error}
        retry={() => window.location.reload()}
        className="min-h-[60vh] justify-center"
      />
    );
  }
}
