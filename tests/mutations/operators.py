"""Every way in which a project is broken, in the order of the rules that must see it."""

from __future__ import annotations

from tests.mutations import graphs, parameters, sources, spelling
from tests.mutations.mutation import Operator

OPERATORS: tuple[Operator, ...] = (
    spelling.repeat_field,
    spelling.misspell_field,
    spelling.misspell_flag,
    spelling.misspell_section,
    spelling.unlist,
    spelling.drop_command,
    sources.drop_script,
    sources.drop_module,
    sources.misspell_script,
    sources.drop_input,
    sources.misspell_dependency,
    sources.list_twice,
    parameters.type_option,
    parameters.type_value,
    parameters.misspell_listed_param,
    parameters.rename_param,
    parameters.break_template,
    graphs.add_cycle,
    graphs.depend_on_itself,
    graphs.write_the_same,
    graphs.list_metric_as_output,
    graphs.write_inside,
    graphs.move_before_producer,
    spelling.cache_metric,
)
