"""Pipelines that are exported and run elsewhere, with all that may go wrong on the way."""

from __future__ import annotations

#: What must arrive in a shell as it was written.
HOSTILE = (
    r"""printf '%s\n' "it's {{ ds }} {% raw %} {{$.inputs}} {{=1}} $HOME \$x `echo b` \\ %s é ☃" """
    "> hostile.txt"
)

#: A variable that a stage has from its `meta`.
COLOUR = "it's {{ blue }}"

#: Files that every way of passing something from stage to stage goes through.
NASTY = {
    "dvc.yaml": r"""stages:
  hostile:
    cmd:
    - HOSTILE
    - |
      cat <<'END' >> hostile.txt
      {{ params.x }} 'single' "double"
      END
    outs: [hostile.txt]
  lines:
    cmd: |
      x=1
      echo "each line is a command: [$x]" > lines.txt
    outs: [lines.txt]
  split:
    cmd: mkdir -p parts/deep; cp data/raw.csv parts/a; cp data/raw.csv parts/deep/b; echo x > "parts/with space"
    deps: [data/raw.csv]
    outs: [parts]
  each:
    foreach: [a-b, a_b]
    do:
      cmd: cat parts/deep/b > "${item}.txt"; echo "${item}" >> "${item}.txt"
      deps: [parts/deep]
      outs: ["${item}.txt"]
  grid:
    matrix:
      size: [1, 2]
    cmd: cat a-b.txt folder/table.csv > grid-${item.size}.txt
    deps: [a-b.txt, folder]
    outs: ["grid-${item.size}.txt"]
  limits:
    cmd: "echo 'most: 3' > limits.yaml"
    outs:
    - limits.yaml:
        cache: false
  measured:
    cmd: "cat limits.yaml > measured.txt; echo '{\"n\": 1}' > metrics.json"
    params:
    - limits.yaml:
      - most
    outs: [measured.txt]
    metrics:
    - metrics.json:
        cache: false
""",
    "sub/dvc.yaml": """\
stages:
  report:
    wdir: ../reports
    cmd: cat ../measured.txt ../hostile.txt limits.txt > report.txt; echo "$COLOUR" >> report.txt
    deps: [../measured.txt, ../hostile.txt, limits.txt]
    outs: [report.txt]
    meta:
      pipelinekit:
        env: {COLOUR: "$COLOUR"}
        resources: {cpu: 500m, gpu: 1}
        retries: 2
""",
    "reports/limits.txt": "limits\n",
    "data/raw.csv": "a,b\n1,2\n",
    "folder/table.csv": "t\n",
}
NASTY["dvc.yaml"] = NASTY["dvc.yaml"].replace("- HOSTILE", "- >-\n      " + HOSTILE)
#: Data of the nasty pipeline that DVC tracks.
TRACKED = ("data/raw.csv", "folder")
#: What it makes.
MADE = (
    *("hostile.txt", "lines.txt", "parts/a", "parts/deep/b", "parts/with space", "a-b.txt", "a_b.txt"),
    *("grid-1.txt", "grid-2.txt", "limits.yaml", "measured.txt", "metrics.json", "reports/report.txt"),
)
NASTY["sub/dvc.yaml"] = NASTY["sub/dvc.yaml"].replace('"$COLOUR"}', f'"{COLOUR}"}}')
