package settings

import "sallyport/internal/task"

// checkTable keeps the variable of the app's table free.
func checkTable(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	if !valid("app.table") || !s.App.Table {
		return nil
	}
	for _, given := range []struct {
		key       string
		variables map[string]string
	}{{"app.environment", s.App.Environment}, {"app.secrets", s.App.Secrets}} {
		if _, there := given.variables[task.TableName]; there && valid(given.key) {
			problems = append(problems, &problem{
				key: given.key, wrong: task.TableName + " is set by the program, to the name of the app's table",
				instead: "another name, or app.table=false for an app that has a table elsewhere",
			})
		}
	}
	return problems
}
