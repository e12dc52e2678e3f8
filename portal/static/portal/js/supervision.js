// Draws each chart from the table beside it and says when figures are no longer fresh. Comfort only:
// without this file, or without the chart library, the tables say the same.
(() => {
  const token = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
  const drawn = new Map();

  // The table as series: heads marked data-portal-series are drawn, the first cell of a row names it.
  const read = (table) => {
    const rows = [...table.tBodies[0].rows];
    const number = (cell) => (cell.dataset.value ? Number(cell.dataset.value) : null);
    const series = [...table.tHead.rows[0].cells].flatMap((head, at) => (head.dataset.portalSeries ? [{
      name: head.textContent.trim(),
      kind: head.dataset.portalSeries,
      share: head.dataset.kind === "percent",
      places: head.dataset.kind === "days" ? 1 : 0,
      values: rows.map((row) => number(row.cells[at])),
      links: rows.map((row) => row.cells[at].querySelector("a")?.href),
    }] : []));
    return { names: rows.map((row) => row.cells[0].dataset.name), series };
  };

  const options = ({ names, series }, lying, size, width) => {
    const [ink, line] = [token("--ink"), token("--line")];
    const text = { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: size };
    const shares = series.some((one) => one.share);
    const quiet = { axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
    const category = { type: "category", data: names, inverse: lying, axisLabel: { ...text, hideOverlap: true, ...(lying ? { width: width * 0.42, overflow: "truncate" } : {}) }, ...quiet };
    const value = { type: "value", axisLabel: { ...text, hideOverlap: true }, splitLine: { lineStyle: { color: line } }, minInterval: 1 };
    const share = { type: "value", min: 0, max: 100, axisLabel: { ...text, formatter: "{value}%" }, splitLine: { show: false } };
    const values = shares && !lying ? [value, share] : [value];
    const colour = (one, at) => token(one.kind === "line" ? "--chart-3" : at ? "--chart-2" : "--chart-1");
    const told = (one, number) => (number === null ? "—" : one.share ? `${number}%` : number.toLocaleString("zh-CN", { minimumFractionDigits: one.places, maximumFractionDigits: one.places }));
    return {
      animation: false,
      textStyle: text,
      grid: { left: 4, right: lying ? size * 4 : 4, top: series.length > 1 ? size * 2.6 : size, bottom: 4, containLabel: true },
      legend: { show: series.length > 1, top: 0, left: 0, selectedMode: false, itemGap: size * 1.5, textStyle: text },
      // Rich text is drawn on the canvas: nothing here needs an inline style.
      tooltip: {
        trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" }, backgroundColor: ink, borderWidth: 0,
        textStyle: { ...text, color: token("--paper") },
        formatter: (points) => [names[points[0].dataIndex], ...points.map((point) => `${point.seriesName}　${told(series[point.seriesIndex], series[point.seriesIndex].values[point.dataIndex])}`)].join("\n"),
      },
      xAxis: lying ? value : category,
      yAxis: lying ? category : values,
      series: series.map((one, at) => ({
        name: one.name,
        type: one.kind,
        data: one.values,
        yAxisIndex: one.share && !lying ? 1 : 0,
        cursor: one.links.some(Boolean) ? "pointer" : "default",
        barMaxWidth: lying ? 18 : 36,
        symbolSize: 7,
        itemStyle: { color: colour(one, at) },
        lineStyle: { color: colour(one, at), width: 2, type: one.share ? "dashed" : "solid" },
        label: { show: lying, position: "right", ...text, formatter: (point) => told(one, one.values[point.dataIndex]) },
      })),
    };
  };

  const draw = (place) => {
    const table = document.getElementById(place.dataset.portalChart);
    if (!window.echarts || !table) { place.hidden = true; return; }
    const size = parseFloat(getComputedStyle(place).fontSize);
    const data = read(table);
    const lying = place.hasAttribute("data-portal-lying");
    if (lying) place.style.height = `${(data.names.length + 1) * 2.1 * size}px`;
    const chart = window.echarts.init(place, null, { renderer: "canvas" });
    chart.setOption(options(data, lying, size, place.clientWidth));
    chart.on("click", (point) => {
      const link = data.series[point.seriesIndex].links[point.dataIndex];
      if (link) window.location.assign(link);
    });
    const watch = new ResizeObserver(() => chart.resize());
    watch.observe(place);
    drawn.set(place, () => { watch.disconnect(); chart.dispose(); });
    place.dataset.portalDrawn = "yes";
  };

  const refresh = () => {
    for (const [place, end] of drawn) if (!place.isConnected) { end(); drawn.delete(place); }
    for (const place of document.querySelectorAll("[data-portal-chart]:not([data-portal-drawn])")) draw(place);
  };

  const stale = () => { for (const note of document.querySelectorAll("[data-portal-stale]")) note.hidden = false; };
  document.addEventListener("htmx:sendError", stale);
  document.addEventListener("htmx:responseError", stale);
  document.addEventListener("htmx:timeout", stale);
  document.addEventListener("htmx:afterSettle", refresh);
  refresh();
})();
