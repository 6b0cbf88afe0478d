import type { Bundle } from './bundle.ts';
import type { PageModel } from './model.ts';

/**
 * The report as one HTML file that needs nothing else: the page's components as text, its style sheet and its font in
 * it, no script. Whatever is in it came through React's escaping; a policy in its head lets it load and run nothing.
 */
export async function reportHtml(bundle: Bundle, model: PageModel): Promise<string> {
  const styles = (await bundle.styles()).replaceAll('</', '<\\/');
  const title = `${escaped(model.system.name)}: path to production, ${model.taken.slice(0, 10)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:">
<title>${title}</title>
<style>${styles}</style>
</head>
<body>${bundle.render(model)}</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
