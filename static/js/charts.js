// Pictures from figures: <div class="chart" data-chart="id"> draws what json_script wrote under that id.
// {"kind": "line" | "bar" | "stacked" | "spark" | "funnel" | "heat", "categories": [...],
//  "series": [{"name", "data", "tone": "accent" | "met" | "missed" | "risk" | "quiet"}], "unit": " %", "min", "max",
//  "rows": [...] for heat}. A page that draws also shows the same figures in a table.
(function () {
  "use strict";
  const drawn = new Map();
  const css = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  };
  const look = () => ({
    ink: css("--ink"), quiet: css("--ink-3"), line: css("--line"), ground: css("--raised"), soft: css("--accent-soft"),
    tones: { accent: css("--accent-text"), met: css("--chart-met"), missed: css("--chart-missed"), risk: css("--chart-risk"), quiet: css("--chart-quiet") },
    font: getComputedStyle(document.body).fontFamily,
  });

  function axes(data, paint) {
    const text = { color: paint.quiet, fontFamily: paint.font, fontSize: 11 };
    return {
      xAxis: { type: "category", data: data.categories, axisLabel: { ...text, hideOverlap: true }, axisTick: { show: false }, axisLine: { lineStyle: { color: paint.line } } },
      yAxis: { type: "value", min: data.min, max: data.max, minInterval: data.unit ? undefined : 1, axisLabel: { ...text, formatter: `{value}${data.unit || ""}` }, splitLine: { lineStyle: { color: paint.line } } },
    };
  }

  function base(data, paint) {
    return {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches, animationDuration: 250,
      aria: { enabled: true }, textStyle: { fontFamily: paint.font, color: paint.ink },
      grid: { left: 4, right: 12, top: data.series?.length > 1 ? 34 : 12, bottom: 4, containLabel: true },
      legend: { show: data.series?.length > 1, top: 0, left: 0, itemWidth: 10, itemHeight: 10, icon: "roundRect", textStyle: { color: paint.quiet, fontSize: 12 } },
      tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: paint.ground, borderColor: paint.line, padding: [8, 10],
        textStyle: { color: paint.ink, fontSize: 12, fontFamily: paint.font },
        valueFormatter: (value) => (value === null || value === undefined ? "–" : `${value.toLocaleString("en-US")}${data.unit || ""}`) },
    };
  }

  const tone = (series, index, paint) => paint.tones[series.tone] || paint.tones[["accent", "quiet", "met", "risk"][index % 4]];

  function lines(data, paint) {
    return { ...base(data, paint), ...axes(data, paint), series: data.series.map((series, index) => ({
      type: "line", name: series.name, data: series.data, showSymbol: data.categories.length < 2, symbolSize: 6, connectNulls: false,
      lineStyle: { width: 2, type: series.tone === "quiet" ? "dashed" : "solid" }, color: tone(series, index, paint),
      areaStyle: data.series.length === 1 ? { opacity: 0.08 } : undefined })) };
  }

  function bars(data, paint) {
    return { ...base(data, paint), ...axes(data, paint), series: data.series.map((series, index) => ({
      type: "bar", name: series.name, data: series.data, stack: data.kind === "stacked" ? "all" : undefined, barMaxWidth: 22,
      color: tone(series, index, paint), itemStyle: { borderRadius: data.kind === "stacked" ? 0 : [3, 3, 0, 0] } })) };
  }

  function spark(data, paint) {
    return { animation: false, aria: { enabled: true }, grid: { left: 1, right: 1, top: 3, bottom: 3 }, tooltip: { show: false },
      xAxis: { type: "category", show: false, data: data.categories }, yAxis: { type: "value", show: false, min: data.min ?? 0, max: data.max },
      series: [{ type: "line", data: data.series[0].data, showSymbol: false, lineStyle: { width: 1.5 }, color: tone(data.series[0], 0, paint), areaStyle: { opacity: 0.1 } }] };
  }

  function funnel(data, paint) {
    const { tooltip, ...rest } = base(data, paint);
    const values = data.series[0].data;
    return { ...rest, tooltip: { ...tooltip, trigger: "item" },
      xAxis: { type: "value", show: false }, grid: { left: 4, right: 56, top: 4, bottom: 4, containLabel: true },
      yAxis: { type: "category", inverse: true, data: data.categories, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: paint.ink, fontSize: 12 } },
      series: [{ type: "bar", data: values, barMaxWidth: 22, color: paint.tones.accent, itemStyle: { borderRadius: [0, 3, 3, 0] },
        label: { show: true, position: "right", color: paint.ink, fontSize: 12, formatter: (point) => point.value.toLocaleString("en-US") } }] };
  }

  function heat(data, paint) {
    const text = { color: paint.quiet, fontSize: 11 };
    const cells = data.series[0].data;
    return { aria: { enabled: true }, grid: { left: 4, right: 8, top: 8, bottom: 4, containLabel: true },
      tooltip: { ...base(data, paint).tooltip, trigger: "item" },
      xAxis: { type: "category", data: data.categories, axisLabel: text, axisTick: { show: false }, axisLine: { show: false }, splitArea: { show: false } },
      yAxis: { type: "category", data: data.rows, inverse: true, axisLabel: text, axisTick: { show: false }, axisLine: { show: false } },
      visualMap: { show: false, min: 0, max: Math.max(1, ...cells.map((cell) => cell[2] ?? 0)), inRange: { color: [paint.soft, paint.tones[data.series[0].tone] || paint.tones.accent] } },
      series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: paint.ground, borderWidth: 2, borderRadius: 3 } }] };
  }

  const KINDS = { line: lines, bar: bars, stacked: bars, spark, funnel, heat };

  function draw(element) {
    const source = document.getElementById(element.dataset.chart);
    if (!source || !window.echarts) return;
    const data = JSON.parse(source.textContent);
    const chart = drawn.get(element) || window.echarts.init(element, null, { renderer: "canvas" });
    drawn.set(element, chart);
    chart.setOption(KINDS[data.kind](data, look()), true);
  }

  function drawAll(root) {
    for (const [element, chart] of drawn) if (!element.isConnected) { chart.dispose(); drawn.delete(element); }
    root.querySelectorAll?.("[data-chart]").forEach(draw);
  }

  const start = () => drawAll(document);
  if (document.fonts?.ready) document.fonts.ready.then(start); else start();
  document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt.parentElement || event.detail.elt));
  document.documentElement.addEventListener("themechange", () => drawn.forEach((_, element) => draw(element)));
  new ResizeObserver(() => drawn.forEach((chart) => chart.resize())).observe(document.documentElement);
})();
