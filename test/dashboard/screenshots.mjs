// Takes the pictures of the manual: node screenshots.mjs PAGE DIRECTORY
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [file, directory] = process.argv.slice(2);
const browser = await chromium.launch(
	{ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
for (const [name, width, colorScheme] of [
	['light', 1280, 'light'], ['dark', 1280, 'dark'], ['phone', 390, 'light'],
]) {
	const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
	await page.goto(pathToFileURL(file).href);
	await page.waitForFunction(() => / UTC$/.test(document.title));
	await page.screenshot({ path: `${directory}/dashboard-${name}.png`, fullPage: true });
	await page.close();
}
await browser.close();
