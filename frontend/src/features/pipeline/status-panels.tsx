import { CircleCheck, CircleX } from "lucide-react";
import type { ReactNode } from "react";

import { Sparkline } from "@/components/charts/sparkline";
import { Panel } from "@/components/panel";
import type { Pipeline } from "@/lib/api/pipeline";
import { cn } from "@/lib/class-names";
import { count, rate } from "@/lib/format";

import { type Sample, HISTORY_LENGTH, type PipelineHistory } from "./use-pipeline";

/** The health of the pipeline in five figures. */
export function StatusPanels({ history: { current, samples } }: { history: PipelineHistory }) {
  // a restricted account learns nothing that concerns all sources
  const restricted = current.lag === null && current.kafka.reachable;
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-5">
      <ServerPanel title="Kafka" server={current.kafka} />
      <ServerPanel title="Database" server={current.database} />
      <FigurePanel
        title="Events per second"
        value={current.events_per_second === null ? "–" : rate(current.events_per_second)}
        more={
          <Sparkline
            values={recent(samples, (sample) => sample.rate)}
            label="Events per second since the page was opened"
          />
        }
      />
      {!restricted && (
        <>
          <FigurePanel
            title="Backlog"
            value={current.lag === null ? "–" : count(current.lag)}
            more={
              <Sparkline values={recent(samples, (sample) => sample.lag)} label="Backlog since the page was opened" />
            }
          />
          <FigurePanel
            title="Dead letters"
            className="col-span-2 md:col-span-1"
            value={current.dead_letters.total === null ? "–" : count(current.dead_letters.total)}
            more={
              <span className="text-ink-2">
                {current.dead_letters.total === null
                  ? "Unknown while Kafka is unreachable"
                  : current.dead_letters.total > 0
                    ? "Could not be processed; listed below"
                    : "All records were processed"}
              </span>
            }
          />
        </>
      )}
    </div>
  );
}

/** The samples since the page was opened, padded to the length of the history. */
function recent(samples: readonly Sample[], figure: (sample: Sample) => number): number[] {
  const padding = new Array<number>(HISTORY_LENGTH - samples.length).fill(0);
  return [...padding, ...samples.map(figure)];
}

function FigurePanel({
  title,
  value,
  more,
  className,
}: {
  title: string;
  value: ReactNode;
  more: ReactNode;
  className?: string;
}) {
  return (
    <Panel className={className}>
      <h2 className="text-xs text-ink-2">{title}</h2>
      <p className="tabular mt-0.5 text-xl font-semibold tracking-tight">{value}</p>
      <div className="mt-1 min-h-5 text-xs">{more}</div>
    </Panel>
  );
}

function ServerPanel({ title, server }: { title: string; server: Pipeline["kafka"] }) {
  const Icon = server.reachable ? CircleCheck : CircleX;
  return (
    <FigurePanel
      title={title}
      value={
        <span className={cn("flex items-center gap-2", server.reachable ? "text-good-ink" : "text-critical-ink")}>
          <Icon aria-hidden className="size-5" />
          {server.reachable ? "Healthy" : "Unreachable"}
        </span>
      }
      more={<span className="[overflow-wrap:anywhere] text-ink-2">{server.reason}</span>}
    />
  );
}
