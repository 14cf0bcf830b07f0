"""How pages look: the colours of the reports, one family of letters, an 8 px grid."""

from __future__ import annotations

from corecar.report.figures.palette import dark, drawing_css, light, variables

RAIL = 176
"""Width of the rail of places [px]."""


def style_sheet(theme: str) -> str:
    """The style of every page.

    theme  `light`, `dark`, or `auto` for what the computer is set to
    """
    day, night = _root(light(), "light"), _root(dark(), "dark")
    colours = {"light": day, "dark": night}.get(theme, f"{day}@media(prefers-color-scheme:dark){{{night}}}")
    return f"{colours}{drawing_css(variables())}{PAGE}"


def _root(colours: dict[str, str], scheme: str) -> str:
    named = ";".join(f"--{name}:{colour}" for name, colour in colours.items())
    return f":root{{{named};color-scheme:{scheme}}}"


PAGE = (
    """
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink)}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans",
"Noto Sans SC","PingFang SC","Microsoft YaHei","DejaVu Sans",sans-serif}
.nicegui-content{padding:0;display:block;width:100%}
a{color:var(--accent);text-decoration:none}
a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
svg text{font-family:inherit}
svg{max-width:100%;height:auto;display:block}
.skip{position:absolute;left:-9999px}
.skip:focus{left:8px;top:8px;background:var(--paper);padding:8px;z-index:9}
.frame{display:grid;grid-template-columns:RAILpx minmax(0,1fr);min-height:100vh}
.rail{border-right:1px solid var(--faint);padding:16px 8px;position:sticky;top:0;height:100vh;overflow:auto;
display:flex;flex-direction:column;gap:2px}
.rail .brand{font-size:16px;font-weight:600;color:var(--ink);padding:4px 12px 16px}
.rail a.place{display:flex;gap:10px;align-items:center;padding:6px 12px;border-radius:6px;color:var(--ink)}
.rail a.place:hover{background:var(--faint);text-decoration:none}
.rail a.place[aria-current=page]{background:var(--faint);font-weight:600}
.rail svg{width:16px;height:16px;flex:none;fill:none;stroke:currentColor;stroke-width:1.6}
.rail .me{margin-top:auto;padding:8px 12px;font-size:12px;color:var(--quiet);overflow-wrap:anywhere}
.rail .me span{display:block}.rail .me form{margin-top:8px}
.main{min-width:0;padding:0 32px 64px}
.top{display:flex;align-items:center;gap:16px;padding:16px 0;min-height:64px;border-bottom:1px solid var(--faint);
margin-bottom:24px;flex-wrap:wrap}
.top h1{font-size:20px;line-height:1.3;font-weight:600;margin:0;flex:1;min-width:160px;overflow-wrap:anywhere}
.top form{margin:0}
.top .choice{font-size:12px;color:var(--quiet);display:flex;gap:12px;align-items:center}
.search{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:6px;
padding:4px 10px;width:200px}
.answer{font-size:20px;line-height:1.35;font-weight:600;margin:0 0 16px;max-width:72ch}
.explanation{color:var(--quiet);margin:0 0 16px;max-width:80ch}
h2{font-size:16px;line-height:1.4;font-weight:600;margin:32px 0 8px}
h3{font-size:14px;font-weight:600;margin:16px 0 8px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:16px;margin:0 0 24px}
.tiles>a,.tiles>div{border-top:2px solid var(--line);padding-top:8px;color:var(--ink);display:block}
.tiles>a:hover{border-top-color:var(--accent);text-decoration:none}
.tiles b{display:block;font-size:28px;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums}
.tiles span{display:block;font-size:12px;color:var(--quiet)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));column-gap:32px;margin:0 0 24px}
.facts>div{display:grid;grid-template-columns:136px minmax(0,1fr);gap:12px;padding:4px 0;
border-bottom:1px solid var(--faint)}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.notes{margin:8px 0 16px;padding-left:20px;max-width:90ch;color:var(--quiet)}
.notes li{margin:4px 0}
.state{font-weight:600;white-space:nowrap}
.state::before{content:"";display:inline-block;width:10px;height:10px;margin-right:6px;background:currentColor}
.state.good{color:var(--good)}.state.good::before{border-radius:50%}
.state.attention{color:var(--attention)}.state.attention::before{transform:rotate(45deg)}
.state.bad{color:var(--bad)}
.state.unknown{color:var(--quiet)}.state.unknown::before{border-radius:50%;background:none;border:2px solid}
.btn{font:inherit;font-weight:600;border:1px solid var(--line);background:var(--paper);color:var(--ink);
border-radius:6px;padding:5px 14px;cursor:pointer;display:inline-block;line-height:1.5}
.btn:hover{border-color:var(--ink);text-decoration:none}
.btn.main-act{background:var(--accent);border-color:var(--accent);color:var(--paper)}
.btn.danger{color:var(--bad);border-color:var(--bad)}
.btn:disabled{opacity:.5;cursor:default}
.bar{display:flex;gap:8px;flex-wrap:wrap;align-items:center;margin:0 0 16px}
.bar .gap{flex:1}
.problem{border-left:3px solid var(--bad);padding:8px 16px;margin:0 0 16px;max-width:90ch;background:var(--faint)}
.problem b{color:var(--bad)}
.empty{max-width:60ch;margin:48px 0}
.empty p{margin:0 0 12px}
.figure{margin:0 0 24px;max-width:1100px}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:16px;margin:0 0 24px}
.gallery figure{margin:0}
figure.figure{margin:0 0 24px}.figure svg[viewBox]{width:min(100%,900px)}.side-by-side .figure svg{width:100%}
.figure figcaption{margin-top:4px}
.picture-buttons{display:flex;gap:12px;margin-top:4px}
.link-act{font:inherit;font-size:12px;color:var(--quiet);background:none;border:0;padding:0;cursor:pointer}
.link-act:hover{color:var(--accent);text-decoration:underline}
.maps .gallery{margin:0}
.maps{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(360px,100%),1fr));gap:24px 32px;align-items:start}
.maps .stack{margin:0}.maps .stack .map-canvas{height:360px}
figcaption{font-size:12px;color:var(--quiet);font-variant-numeric:tabular-nums}
.progress{height:8px;background:var(--faint);border-radius:4px;overflow:hidden;max-width:480px;margin:8px 0}
.progress>div{height:100%;background:var(--accent)}
.signing{max-width:360px;margin:12vh auto;padding:0 24px}
.signing h1{font-size:28px;font-weight:600;margin:0 0 4px}
.signing label,.field label{display:block;font-size:12px;color:var(--quiet);margin:12px 0 4px}
.field input,.field select,.field textarea,.signing input{font:inherit;color:inherit;background:var(--paper);
border:1px solid var(--line);border-radius:6px;padding:6px 10px;width:100%;min-height:35px}
.signing .btn{margin-top:16px}
.row{display:flex;gap:16px;flex-wrap:wrap;align-items:end;margin:0 0 16px}
.row .field{min-width:150px}
.field.slider{width:200px;display:grid;grid-template-columns:1fr auto;align-items:end;column-gap:8px}
.slider input{padding:0;accent-color:var(--accent);grid-column:1/-1;height:34px}
.slider output{font-variant-numeric:tabular-nums;grid-area:1/2;margin-bottom:4px}
.panel{border-left:2px solid var(--line);padding:0 0 0 16px;margin:0 0 24px}
.side-by-side{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(760px,100%),1fr));gap:0 32px}
.chain-views .figure:not(:has(.flow)) svg{width:min(100%,760px)}
.read{border-collapse:collapse;width:100%;max-width:1100px;margin:0 0 16px;font-variant-numeric:tabular-nums}
.read th,.read td{text-align:left;padding:6px 16px 6px 0;border-bottom:1px solid var(--faint);vertical-align:top;
font-weight:400}
.read thead th{font-size:12px;font-weight:600;border-bottom-color:var(--line)}
.read tr.quiet th,.quiet{color:var(--quiet)}
.tests .marks{display:flex;flex-wrap:wrap;gap:4px 16px}.tests .state{min-width:44px}
.tests .state:hover{text-decoration:underline}
.sides:not(:has(.number)){table-layout:fixed}.sides tbody th{color:var(--quiet)}.sides td{overflow-wrap:anywhere}
.sides del{text-decoration-color:var(--bad)}.sides ins{text-decoration:none;font-weight:600;
border-bottom:2px solid var(--accent)}
.sides .number{text-align:right}.sides .now input,.sides .now select,.sides .now textarea{border-color:var(--accent);
border-width:2px}
.sides tr.gone th,.sides tr.gone .was{text-decoration:line-through}
.sides .mark{font-size:12px;font-weight:600;color:var(--accent);margin-left:8px}
.sides input,.sides select,.sides textarea{font:inherit;color:inherit;background:var(--paper);
border:1px solid var(--line);border-radius:6px;padding:4px 8px;max-width:100%}
.terms-form table:not(:has(.number)) input,.terms-form textarea{width:min(360px,100%)}
.sides td input[inputmode=decimal]{width:110px}
.scroll{overflow-x:auto;max-width:100%}
.doing{position:sticky;bottom:0;background:var(--paper);border-top:1px solid var(--line);padding:12px 0;display:flex;
gap:16px;flex-wrap:wrap;align-items:end;z-index:2}
.doing .field span{display:block;font-size:12px;color:var(--quiet);margin-bottom:4px}
.doing>span{align-self:center;font-weight:600;min-width:140px}
.clause{max-width:80ch;border-bottom:1px solid var(--faint);padding:6px 0}
.clause summary{cursor:pointer;font-weight:600}
.clause p{margin:8px 0 8px 16px}.clause .quiet{font-weight:400;font-size:12px}
.said{border-left:2px solid var(--line);padding:0 0 0 16px;margin:0 0 12px;max-width:80ch;white-space:pre-line}
.said .explanation{margin:0;font-size:12px}.verdict{font-size:20px;margin:16px 0 8px}
.near{margin:0 0 16px;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px}
.figure a:hover rect{stroke:var(--ink)}
.grid-wrap{margin:0 0 8px}
.form{display:inline-block;vertical-align:top;margin:0 8px 8px 0}.form[open]{display:block}
.form>summary{list-style:none}.form>summary::-webkit-details-marker{display:none}.form>.panel{margin:8px 0 24px}
.form .field{max-width:420px}
.columns{position:relative;margin-left:auto}.columns summary{list-style:none}
.columns summary::-webkit-details-marker{display:none}.columns summary span{font-weight:400;color:var(--quiet)}
.columns fieldset{position:absolute;right:0;top:calc(100% + 4px);z-index:5;background:var(--paper);margin:0;
border:1px solid var(--line);border-radius:6px;padding:8px 16px 12px;width:max-content;max-width:min(560px,80vw);
max-height:60vh;overflow:auto;column-gap:24px;columns:2 160px}
.columns legend{font-size:12px;color:var(--quiet);padding:0 4px}
.columns label{display:block;font-size:12px;line-height:24px;break-inside:avoid}
.columns input{accent-color:var(--accent);vertical-align:-2px}
.ag-theme-quartz,.ag-root-wrapper{--ag-background-color:var(--paper);--ag-foreground-color:var(--ink);
--ag-header-background-color:var(--paper);--ag-header-foreground-color:var(--ink);
--ag-header-text-color:var(--ink);--ag-border-color:var(--faint);--ag-row-border-color:var(--faint);
--ag-row-hover-color:var(--faint);--ag-odd-row-background-color:var(--paper);--ag-font-size:12px;--ag-font-family:inherit;--ag-icon-size:12px;
--ag-wrapper-border-radius:0;--ag-wrapper-border:none;--ag-cell-horizontal-padding:10px;--ag-chrome-background-color:var(--paper);
--ag-accent-color:var(--accent);--ag-selected-row-background-color:var(--faint);--ag-spacing:5px;
--ag-input-text-color:var(--ink);--ag-text-color:var(--ink);--ag-menu-background-color:var(--paper)}
.ag-cell{font-variant-numeric:tabular-nums;color:var(--ink)}
.ag-header-cell-text{color:var(--ink);font-weight:600}.ag-icon{color:var(--quiet)}
.ag-row{border-color:var(--faint);background:var(--paper)}.ag-row-hover,.ag-row:hover{background:var(--faint)}
.ag-header{border-color:var(--line);background:var(--paper)}
.q-dialog .card{background:var(--paper);color:var(--ink);padding:24px;border-radius:8px;min-width:340px;max-width:560px;
border:1px solid var(--line)}
.drop{border:1px dashed var(--line);border-radius:6px;padding:12px 16px;margin:0 0 16px;max-width:560px}
.drop.over{border-color:var(--accent)}
.drop input{position:absolute;opacity:0;width:1px;height:1px}
.drop label:focus-within{outline:2px solid var(--accent)}
.drop .explanation{margin:0 0 0 12px}
.q-notification{font:inherit}
.map-canvas{width:100%;height:560px;border:1px solid var(--faint);touch-action:none;cursor:grab}
.map-small{width:100%;aspect-ratio:1;cursor:pointer;display:block}
.map-tip{position:absolute;background:var(--ink);color:var(--paper);font-size:12px;padding:4px 8px;border-radius:4px;
pointer-events:none;max-width:280px;white-space:pre-line}
.map-legend{list-style:none;padding:0;margin:0 0 16px;display:flex;flex-wrap:wrap;gap:4px 20px;font-size:12px;
font-variant-numeric:tabular-nums}
.map-legend li{display:flex;gap:6px;align-items:center}
.map-legend span{width:12px;height:12px;display:inline-block}
.scale-bar{display:flex;flex-wrap:wrap;align-items:center;gap:8px;font-size:12px;margin:0 0 12px}
.scale-bar span{white-space:nowrap;flex:none;line-height:0}
.scale-bar i{display:inline-block;width:10px;height:12px}
.flow{width:100%;overflow:auto;margin:0 0 24px}
.ag-root-wrapper,.ag-root-wrapper div,.ag-root-wrapper span:not(.ag-icon){font-family:inherit}
@media(max-width:900px){.flow{overflow-x:auto}.figure .flow svg{width:900px;max-width:none}
.frame{grid-template-columns:minmax(0,1fr)}.rail{position:static;height:auto;flex-direction:row;
flex-wrap:wrap;border-right:0;border-bottom:1px solid var(--faint);padding:8px}.rail .brand{padding:6px 12px}
.rail .me{margin:0;width:100%;padding:4px 12px;display:flex;gap:4px 16px;align-items:center;flex-wrap:wrap}
.rail .me form{margin:0 0 0 auto}.main{padding:0 16px 48px}}
@media print{.rail,.top form,.top .choice,.bar,.search,.skip,.no-print,.drop,.row{display:none!important}
.main i,.main span,.main svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.frame{display:block}.main{padding:0}.top{border-bottom:1px solid #999}
.print-line{display:block!important}}
.print-line{display:none;font-size:12px;color:var(--quiet);margin-bottom:16px}
"""
).replace("RAIL", str(RAIL))
