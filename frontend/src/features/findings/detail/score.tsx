import { riskTone } from "@/components/risk-score";
import type { Finding } from "@/lib/api/findings";
import { cn } from "@/lib/class-names";
import { words } from "@/lib/format";

import { isModelWritten } from "../enrichment/enrichment-status";
import { scoreData } from "./score-data";
import { Section } from "./section";

const INK = { critical: "text-critical-ink", high: "text-high-ink", medium: "text-medium-ink", low: "text-low-ink" };
const FILL = { critical: "bg-critical", high: "bg-high", medium: "bg-medium", low: "bg-low" };

/** The score, its factors, and how the model's score differs from the factors'. */
export function Score({ finding }: { finding: Finding }) {
  if (finding.risk_score === null) return null;
  const { deterministic_score, factors, model_score, drivers, confidence } = scoreData(finding.ai_data);
  const tone = riskTone(finding.risk_score);
  return (
    <Section className="order-2" title="Risk score">
      <div className="flex flex-wrap items-end gap-x-8 gap-y-3">
        <p className={cn("tabular text-2xl font-semibold", INK[tone])}>
          {finding.risk_score}
          <span className="text-sm font-normal text-ink-3"> of 100</span>
        </p>
        {isModelWritten(finding.ai_source) && model_score !== undefined && (
          <dl className="flex gap-6 text-xs text-ink-2">
            <Part title="Model score" value={String(model_score)} />
            <Part title="Factor score" value={String(deterministic_score ?? "–")} />
            {confidence !== undefined && <Part title="Confidence" value={confidenceText(confidence)} />}
          </dl>
        )}
      </div>
      {factors.length > 0 && (
        <table className="mt-3 w-full text-left">
          <caption className="sr-only">Factors of the score</caption>
          <thead className="sr-only">
            <tr>
              <th scope="col">Factor</th>
              <th scope="col">Points</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {factors.map(({ name, points, reason }) => (
              <tr key={name} className="align-baseline">
                <th scope="row" className="w-28 py-1 pr-3 font-normal text-ink-2 first-letter:uppercase">
                  {words(name)}
                </th>
                <td className="tabular w-36 py-1 pr-4">
                  <span className="flex items-center gap-2">
                    <span className="w-8 text-right font-medium">{points > 0 ? `+${points}` : points}</span>
                    <span aria-hidden className="h-1.5 flex-1 overflow-hidden rounded-full bg-line">
                      <span
                        className={cn("block h-full rounded-full", points < 0 ? "bg-good" : FILL[tone])}
                        style={{ width: `${Math.min(Math.abs(points), 100)}%` }}
                      />
                    </span>
                  </span>
                </td>
                <td className="py-1">{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {drivers.length > 0 && (
        <>
          <h3 className="mt-3 mb-1 text-xs font-semibold text-ink-2">What the model weighed</h3>
          <ul className="list-disc space-y-0.5 pl-5 marker:text-ink-3">
            {drivers.map((driver) => (
              <li key={driver}>{driver}</li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}

function Part({ title, value }: { title: string; value: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd className="tabular text-lg font-semibold text-ink">{value}</dd>
    </div>
  );
}

function confidenceText(confidence: string | number): string {
  return typeof confidence === "number" ? `${Math.round(confidence * 100)} %` : confidence;
}
