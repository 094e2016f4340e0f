"""What the suites reached: coverage.py DIRECTORY of objects made with --coverage.

Prints each function that was never called and the lines of each file that were never reached.
The last line is "N passed, N failed": at least 95 % of the lines, and every function.
"""
import json
import pathlib
import subprocess
import sys

LEAST = 95.0


def reports(directory):
    for counts in sorted(directory.glob('*.gcda')):
        out = subprocess.run(['gcov', '--json-format', '--stdout', counts.name],
                             cwd=directory, check=True, capture_output=True).stdout
        for report in out.splitlines():
            yield from json.loads(report)['files']


def ranges(numbers):
    """[1, 2, 3, 7] as '1-3 7'."""
    runs = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ' '.join(f'{a}-{b}' if a != b else f'{a}' for a, b in runs)


def main():
    directory = pathlib.Path(sys.argv[1])
    lines, functions = {}, {}
    for file in reports(directory):
        name = pathlib.Path(file['file']).name
        if not (directory / name).exists():
            continue
        for line in file['lines']:
            key = name, line['line_number']
            lines[key] = lines.get(key, 0) + line['count']
        for function in file['functions']:
            key = name, function['name']
            functions[key] = functions.get(key, 0) + function['execution_count']

    for name in sorted({name for name, _ in lines}):
        of_file = {n: count for (file, n), count in lines.items() if file == name}
        missed = sorted(n for n, count in of_file.items() if count == 0)
        if missed:
            print(f'{name}: {len(of_file) - len(missed)} of {len(of_file)}, not {ranges(missed)}')
    uncalled = sorted(key for key, count in functions.items() if count == 0)
    for name, function in uncalled:
        print(f'{name}: {function} is never called')
    reached = sum(count > 0 for count in lines.values())
    percent = 100.0 * reached / max(1, len(lines))
    print(f'{reached} of {len(lines)} lines, {percent:.1f} %;'
          f' {len(functions) - len(uncalled)} of {len(functions)} functions')
    results = [percent >= LEAST, bool(functions) and not uncalled]
    print(f'{sum(results)} passed, {len(results) - sum(results)} failed')


main()
