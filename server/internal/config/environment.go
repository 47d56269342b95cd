package config

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	prefix         = "NATTERJACK_"
	passwordSuffix = "_PASSWORD"
)

// shippedUsers are the users of the shipped configuration, whose passwords the node makes where it is given none.
var shippedUsers = []string{"service", "operator", "sys"}

// strangers are variables with our prefix that are not this program's: of the clients and of the tests that start it.
var strangers = []string{"NATTERJACK_SERVER", "NATTERJACK_TOKEN", "NATTERJACK_CHAOS", "NATTERJACK_CRASH"}

// checkEnvironment refuses variables of ours that nobody reads: a misspelt one would otherwise leave the default in force, and say nothing.
func checkEnvironment(environ, known []string) error {
	var unknown []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, prefix) && !isPassword(name) && !slices.Contains(known, name) && !slices.Contains(strangers, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("%w: there is no %s; there are %s and %s…%s", ErrUsage,
		strings.Join(unknown, ", no "), strings.Join(slices.Sorted(slices.Values(known)), ", "), prefix, passwordSuffix)
}

func isPassword(name string) bool {
	return strings.HasPrefix(name, prefix) && strings.HasSuffix(name, passwordSuffix) && len(name) > len(prefix)+len(passwordSuffix)-1
}

// passwords are the values of the password variables. For users of the shipped configuration without one, there is a placeholder, which
// is as random as a password, so that one left in place by mistake lets nobody in.
func passwords(environ []string) (vars, made map[string]string) {
	vars, made = map[string]string{}, map[string]string{}
	for _, user := range shippedUsers {
		placeholder := rand.Text()
		vars[variable(user)] = placeholder
		made[placeholder] = user
	}
	given := map[string]string{}
	for _, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); isPassword(name) {
			given[name] = value
		}
	}
	maps.Copy(vars, given)
	return vars, made
}

// variable is the name of the variable with a user's password.
func variable(user string) string { return prefix + strings.ToUpper(user) + passwordSuffix }
