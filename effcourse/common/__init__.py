"""What every room needs and none owns: checks of arguments, files, numbers as text, tables, models at rest."""
