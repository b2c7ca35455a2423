"""`python -m pipelinekit`."""

from pipelinekit.cli.app import program

if __name__ == "__main__":
    program()
