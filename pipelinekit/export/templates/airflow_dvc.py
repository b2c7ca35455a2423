class Stage(BaseOperator):
    """Brings a stage up to date with DVC, in the folder of the project, which all workers share."""

    template_fields = ()

    def __init__(self, *, address, commands, env=None, **kwargs):
        super().__init__(**kwargs)
        self.address = address
        self.commands = commands
        self.env = env or {}

    def execute(self, context):
        for command in self.commands:
            result = SubprocessHook().run_command(
                ["/bin/sh", "-c", command], env={**os.environ, **self.env}, cwd=str(PROJECT)
            )
            if result.exit_code:
                raise AirflowException(f"{command!r} ended with {result.exit_code}: {result.output}")
